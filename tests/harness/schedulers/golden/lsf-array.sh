#!/bin/bash
#BSUB -J "skew-3[1-5]"
# a slot is a rank
#BSUB -n 1
# so many on each node
#BSUB -R "span[ptile=1]"
# with so many cores each
#BSUB -R "affinity[core(1)]"
# minutes
#BSUB -W 1
# what is missing in the end, upout submits again, and nothing else
#BSUB -rn
# what LSF itself has to say; the job writes its own log as it goes
#BSUB -o scheduler-%I.log

cd -- /home/user/sweep/jobs/3 || exit
exec >>"output-${LSB_JOBINDEX}.log" 2>&1

# the job's hosts, for an mpirun that does not know the scheduler: Open MPI 4, Open MPI 5, MPICH
export OMPI_MCA_orte_default_hostfile="$LSB_DJOB_HOSTFILE" PRTE_MCA_prte_default_hostfile="$LSB_DJOB_HOSTFILE" HYDRA_HOST_FILE="$LSB_DJOB_HOSTFILE"

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 30 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/3/task-"${LSB_JOBINDEX}" --launcher 'LAUNCHER -n {ranks}'
