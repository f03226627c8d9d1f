# submit.sh SCRIPT RUNNER: starts the runner as a session of its own, which outlives the login, and prints
# PID-START@FOLDER. START, in ticks since the machine started, tells its process from a later one of the same number.
folder=$(pwd -P) && [ -r "$1" ] || exit
setsid bash -c "$2" upout-job "$1" </dev/null >/dev/null 2>&1 &
pid=$!
stat=$(<"/proc/$pid/stat")
fields=(${stat##*) })
echo "$(uname -n) $(</proc/sys/kernel/random/boot_id)" >"local.$pid-${fields[19]}.machine" || { kill "$pid"; exit 1; }
printf '%s\n' "$pid-${fields[19]}@$folder"
