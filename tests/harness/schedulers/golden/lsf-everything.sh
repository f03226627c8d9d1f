#!/bin/bash
#BSUB -J scale-out-2
#BSUB -q normal
#BSUB -P project-7
# a slot is a rank
#BSUB -n 6
# so many on each node
#BSUB -R "span[ptile=2]"
# with so many cores each
#BSUB -R "affinity[core(16)]"
#BSUB -R "rusage[mem=65536MB/host]"
#BSUB -R "select[rome]"
# no other job on the nodes: it would be measured too
#BSUB -x
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

# the job's hosts, for an mpirun that does not know the scheduler: Open MPI 4, Open MPI 5, MPICH
export OMPI_MCA_orte_default_hostfile="$LSB_DJOB_HOSTFILE" PRTE_MCA_prte_default_hostfile="$LSB_DJOB_HOSTFILE" HYDRA_HOST_FILE="$LSB_DJOB_HOSTFILE"

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 8700 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' --launcher 'LAUNCHER -n {ranks}'
