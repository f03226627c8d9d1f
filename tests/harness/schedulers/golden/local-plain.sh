#!/bin/bash
# quick-1: runs in the background of the machine where it was submitted, when its turn has come.
# how often it runs, each time with another UPOUT_TASK
#LOCAL tasks 1
# after how many seconds it is killed, and how many before that it is told by SIGTERM
#LOCAL seconds 3600
#LOCAL notice 120

cd -- /home/user/sweep/jobs/1 || exit

# in place of this shell, so that what the job is sent reaches upout
exec /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/1 --launcher 'LAUNCHER -n {ranks}'
