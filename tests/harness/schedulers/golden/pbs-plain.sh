#!/bin/bash
#PBS -S /bin/bash
#PBS -N quick-1
# a chunk is a node: its cores, and the ranks that mpirun may start
#PBS -l select=1:ncpus=1:mpiprocs=1
# each on another node, with no other job: it would be measured too
#PBS -l place=scatter:excl
#PBS -l walltime=01:00:00
# what is missing in the end, upout submits again, and nothing else
#PBS -r n
#PBS -j oe
# what PBS itself has to say; the job writes its own log as it goes
#PBS -o scheduler.log

cd -- /home/user/sweep/jobs/1 || exit
exec >>output.log 2>&1

# the job's hosts, for an mpirun that does not know the scheduler: Open MPI 4, Open MPI 5, MPICH
export OMPI_MCA_orte_default_hostfile="$PBS_NODEFILE" PRTE_MCA_prte_default_hostfile="$PBS_NODEFILE" HYDRA_HOST_FILE="$PBS_NODEFILE"

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 3480 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/1 --launcher 'LAUNCHER -n {ranks}'
