#!/bin/bash
#BSUB -J quick-1
# a slot is a rank
#BSUB -n 1
# so many on each node
#BSUB -R "span[ptile=1]"
# with so many cores each
#BSUB -R "affinity[core(1)]"
# no other job on the nodes: it would be measured too
#BSUB -x
# minutes
#BSUB -W 60
# what is missing in the end, upout submits again, and nothing else
#BSUB -rn
# what LSF itself has to say; the job writes its own log as it goes
#BSUB -o scheduler.log

cd -- /home/user/sweep/jobs/1 || exit
exec >>output.log 2>&1

# the job's hosts, for an mpirun that does not know the scheduler: Open MPI 4, Open MPI 5, MPICH
export OMPI_MCA_orte_default_hostfile="$LSB_DJOB_HOSTFILE" PRTE_MCA_prte_default_hostfile="$LSB_DJOB_HOSTFILE" HYDRA_HOST_FILE="$LSB_DJOB_HOSTFILE"

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 3480 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/1 --launcher 'LAUNCHER -n {ranks}'
