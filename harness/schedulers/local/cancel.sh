# cancel.sh FOLDER PID
[ -z "$alive" ] || kill -TERM "$2"
