#!/bin/bash
# scale-out-2: runs in the background of the machine where it was submitted, when its turn has come.
# how often it runs, each time with another UPOUT_TASK
#LOCAL tasks 1
# after how many seconds it is killed, and how many before that it is told by SIGTERM
#LOCAL seconds 9000
#LOCAL notice 300

cd -- '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' || exit

# modules of the plan; a shell that is not one of a login may not know them yet
command -v module >/dev/null || . /etc/profile
module load gcc/12.2 || exit
module load openmpi/4.1 || exit

# prologue of the plan, as it stands there
ulimit -l unlimited
export UCX_TLS=rc,self; echo "on $(hostname)"

# in place of this shell, so that what the job is sent reaches upout
exec /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' --launcher 'LAUNCHER -n {ranks}'
