#!/bin/bash
#BSUB -J scale-out-2
#BSUB -q normal
#BSUB -P project-7
# whole nodes, which jsrun divides
#BSUB -nnodes 3
# one hardware thread a core
#BSUB -alloc_flags smt1
# minutes
#BSUB -W 150
# what is missing in the end, upout submits again, and nothing else
#BSUB -rn
# what LSF itself has to say; the job writes its own log as it goes
#BSUB -o scheduler.log

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
