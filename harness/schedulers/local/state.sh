# state.sh FOLDER PID TASK
state=queued
[ ! -r "local.$2.$3" ] || read -r state <"local.$2.$3"
case $state in
  queued | running) [ -n "$alive" ] || state=lost ;;
esac
echo "$state"
