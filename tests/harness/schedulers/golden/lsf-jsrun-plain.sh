#!/bin/bash
#BSUB -J quick-1
# whole nodes, which jsrun divides
#BSUB -nnodes 1
# one hardware thread a core
#BSUB -alloc_flags smt1
# minutes
#BSUB -W 60
# what is missing in the end, upout submits again, and nothing else
#BSUB -rn
# what LSF itself has to say; the job writes its own log as it goes
#BSUB -o scheduler.log

cd -- /home/user/sweep/jobs/1 || exit
exec >>output.log 2>&1

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 3480 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/1 --launcher 'LAUNCHER -n {ranks}'
