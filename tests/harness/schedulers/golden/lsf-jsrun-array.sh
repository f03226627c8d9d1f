#!/bin/bash
#BSUB -J "skew-3[1-5]"
# whole nodes, which jsrun divides
#BSUB -nnodes 1
# one hardware thread a core
#BSUB -alloc_flags smt1
# minutes
#BSUB -W 1
# what is missing in the end, upout submits again, and nothing else
#BSUB -rn
# what LSF itself has to say; the job writes its own log as it goes
#BSUB -o scheduler-%I.log

cd -- /home/user/sweep/jobs/3 || exit
exec >>"output-${LSB_JOBINDEX}.log" 2>&1

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 30 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/3/task-"${LSB_JOBINDEX}" --launcher 'LAUNCHER -n {ranks}'
