# process.sh FOLDER PID-START: the beginning of what follows; sets `pid` to the runner's, or to nothing if it is gone.
# Looked at before the state is read, for the runner writes how it ended before that.
cd -- "$1" 2>/dev/null && [ -r "local.$2.machine" ] || { echo unknown; exit 0; }
read -r host boot <"local.$2.machine"
[ "$host" = "$(uname -n)" ] || { echo "elsewhere $host"; exit 0; }
pid=
if [ "$boot" = "$(</proc/sys/kernel/random/boot_id)" ] && stat=$(cat "/proc/${2%-*}/stat" 2>/dev/null); then
  fields=(${stat##*) })
  [ "${fields[19]}" != "${2#*-}" ] || [ "${fields[0]}" = Z ] || pid=${2%-*}
fi
