# What the scripts of the virtual cluster share; sourced. A host is a network namespace CLUSTER-N with a link "eth0" to the bridge in
# the namespace CLUSTER-switch. Nothing is made outside of these, so that no other configuration of the network can be in the way, and
# all of the cluster goes when they go.
cluster=${UPOUT_CLUSTER:-upout}
switch=$cluster-switch
network=10.77.0
# What `slurm` keeps of its cluster, if it runs there. Known by its name, so that it can be removed whoever made it.
slurm_folder=/run/upout-slurm-$cluster
most_hosts=200

help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}
misused() {
  echo "$(basename "$0"): $*; see --help" >&2
  exit 2
}
cannot() {
  echo "$(basename "$0"): skipped: $*" >&2
  exit 77
}

check_root() {
  [ "$(id -u)" -eq 0 ] || cannot "only root may make network namespaces"
  command -v ip >/dev/null || cannot "no command ip here (Debian: iproute2)"
}
is_number() { [[ $1 =~ ^[1-9][0-9]{0,3}$ ]]; }

# The cluster's namespaces, whatever there is of it; its hosts, by number.
namespaces() { ip netns list | awk -v name="$cluster" '$1 ~ "^" name "-(switch|[0-9]+)$" { print $1 }'; }
hosts() { namespaces | sed -n "s/^$cluster-\([0-9]*\)$/\1/p" | sort -n; }
processes() { for namespace in $(namespaces); do ip netns pids "$namespace"; done; }

# One at a time changes the cluster.
lock() {
  exec 9>"/run/lock/upout-cluster-$cluster"
  flock 9
}

take_down() {
  local deadline=$((SECONDS + 30)) running namespace
  # A namespace lives on, without its name, as long as a process is in it; and a process may start others until it has ended.
  while running=$(processes) && [ -n "$running" ]; do
    # shellcheck disable=SC2086
    kill -KILL $running 2>/dev/null || true
    [ $SECONDS -lt $deadline ] || fail "the processes ${running//$'\n'/ } of the cluster $cluster do not end"
    sleep 0.05
  done
  for namespace in $(namespaces); do ip netns delete "$namespace"; done
  rm -rf "$slurm_folder"
}

# The processors that the cluster may use, one a line: those of the process that `run` was. Whom it starts on a host may use fewer.
allowed_cpus() {
  if [ -n "${UPOUT_CLUSTER_CPUS:-}" ]; then
    echo "$UPOUT_CLUSTER_CPUS"
    return
  fi
  local range
  for range in $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status | tr , ' '); do seq "${range%-*}" "${range#*-}"; done
}

# Host N's part of them: hosts have none in common as long as there are enough.
cpus_of() {
  allowed_cpus | awk -v host="$1" -v hosts="$(hosts | wc -l)" '
    { cpu[NR - 1] = $1 }
    END { for (i = (host - 1) % NR; i < NR; i += hosts) { printf "%s%s", separator, cpu[i]; separator = "," } }'
}

# on_host N COMMAND ARGUMENT...: becomes the command, on that host.
on_host() {
  local host=$1
  shift
  exec ip netns exec "$cluster-$host" unshare --uts taskset -c "$(cpus_of "$host")" \
    bash -c 'hostname "$1" && shift && exec "$@"' bash "$cluster-$host" "$@"
}
