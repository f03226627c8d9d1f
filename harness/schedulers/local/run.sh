# run.sh SCRIPT: runs the script's tasks one after another, when the job's turn has come, and writes down how each
# is. One lock for each user and machine: what runs beside a measurement spoils it. Whatever the job started
# holds the lock too, so that no other job begins while something of this one still runs, and none is left behind.
script=$1
value() { sed -n "s/^#LOCAL $1 //p" "$script" | head -n 1; }
tasks=$(value tasks) seconds=$(value seconds) notice=$(value notice)
stat=$(<"/proc/$$/stat")
fields=(${stat##*) })
files=local.$$-${fields[19]}
say() { echo "$2" >"$files.$1.new" && mv -f "$files.$1.new" "$files.$1"; }

child= cancelled= ended=
trap 'cancelled=1; [ -z "$child" ] || kill -TERM "$child"' TERM
# Waits for the last process that was started, and passes a cancellation on to it.
attend() {
  child=$!
  [ -z "$cancelled" ] || kill -TERM "$child"
  while wait "$child"; ended=$?; kill -0 "$child"; do :; done
  child=
}

lock=${TMPDIR:-/tmp}/upout-$UID.lock turn=
if exec 9>>"$lock"; then
  flock 9 &
  attend
  [ "$ended" -ne 0 ] || turn=1
fi
for ((task = 1; task <= tasks; ++task)); do
  name=$task output=output-$task.log
  [ "$tasks" -gt 1 ] || { name=0 output=output.log; }
  [ -z "$cancelled" ] || { say "$name" cancelled; continue; }
  [ -n "$turn" ] || { echo "upout: $lock cannot be locked: without that, jobs would run side by side" >>"$output"; say "$name" "ended 1"; continue; }
  say "$name" running
  SECONDS=0
  # It also kills what has not ended so long after a cancellation. --foreground: upout is told once; twice means hurry.
  UPOUT_TASK=$task timeout --foreground --kill-after="$notice" "$((seconds - notice))" bash "$script" >>"$output" 2>&1 &
  attend
  if [ -n "$cancelled" ]; then
    say "$name" cancelled
  elif [ "$ended" -eq 124 ] || { [ "$ended" -eq 137 ] && [ "$SECONDS" -ge "$((seconds - notice))" ]; }; then
    say "$name" timed_out
  else
    say "$name" "ended $ended"
  fi
done
