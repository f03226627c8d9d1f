#!/bin/bash
# flux: --job-name=scale-out-2
# flux: --queue=normal
# flux: --setattr=bank=project-7
# flux: --requires=rome
# flux: --nodes=3
# flux: --nslots=6  # ranks
# flux: --cores-per-slot=16
# flux: --exclusive  # no other job on the nodes, which would be measured too
# flux: --time-limit=150m
# flux: --output=scheduler.log  # what Flux itself has to say; the job writes its own log as it goes

cd -- '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' || exit
exec >>output.log 2>&1

# modules of the plan; a shell that is not one of a login may not know them yet
command -v module >/dev/null || . /etc/profile
module load gcc/12.2 || exit
module load openmpi/4.1 || exit

# prologue of the plan, as it stands there
ulimit -l unlimited
export UCX_TLS=rc,self; echo "on $(hostname)"

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 8700 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' --launcher 'LAUNCHER -n {ranks}'
