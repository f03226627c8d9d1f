# state.sh FOLDER PID-START TASK
state=queued
[ ! -r "local.$2.$3" ] || read -r state <"local.$2.$3"
case $state in
  queued | running) [ -n "$pid" ] || if [ -e "local.$2.cancelled" ]; then state=cancelled; else state=lost; fi ;;
esac
echo "$state"
