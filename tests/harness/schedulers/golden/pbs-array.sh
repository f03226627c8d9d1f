#!/bin/bash
#PBS -S /bin/bash
#PBS -N skew-3
# a chunk is a node: its cores, and the ranks that mpirun may start
#PBS -l select=1:ncpus=1:mpiprocs=1
# each on another node
#PBS -l place=scatter
#PBS -l walltime=00:01:00
#PBS -J 1-5
#PBS -j oe
# what PBS itself has to say; the job writes its own log as it goes
#PBS -o scheduler-^array_index^.log

cd -- /home/user/sweep/jobs/3 || exit
exec >>"output-${PBS_ARRAY_INDEX}.log" 2>&1

# the job's hosts, for an mpirun that does not know the scheduler: Open MPI 4, Open MPI 5, MPICH
export OMPI_MCA_orte_default_hostfile="$PBS_NODEFILE" PRTE_MCA_prte_default_hostfile="$PBS_NODEFILE" HYDRA_HOST_FILE="$PBS_NODEFILE"

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 30 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/3/task-"${PBS_ARRAY_INDEX}" --launcher 'LAUNCHER -n {ranks}'
