# cancel.sh FOLDER PID-START. A runner that has hardly begun ends without a word of its own: hence the file.
[ -z "$pid" ] || { : >"local.$2.cancelled" && kill -TERM "$pid"; }
