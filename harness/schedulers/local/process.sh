# process.sh FOLDER PID: the beginning of what follows; sets `alive` if the runner is. Looked at before the state is
# read, for the runner has written how it ended before it is gone.
cd -- "$1" 2>/dev/null && [ -r "local.$2.process" ] || { echo unknown; exit 0; }
read -r host boot start <"local.$2.process"
[ "$host" = "$(uname -n)" ] || { echo "elsewhere $host"; exit 0; }
alive=
if [ "$boot" = "$(</proc/sys/kernel/random/boot_id)" ] && stat=$(cat "/proc/$2/stat" 2>/dev/null); then
  fields=(${stat##*) })
  [ "${fields[19]}" != "$start" ] || [ "${fields[0]}" = Z ] || alive=1
fi
