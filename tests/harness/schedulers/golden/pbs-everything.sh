#!/bin/bash
#PBS -S /bin/bash
#PBS -N scale-out-2
#PBS -q normal
#PBS -A project-7
# a chunk is a node: its cores, and the ranks that mpirun may start
#PBS -l select=3:ncpus=32:mpiprocs=2:mem=65536mb:rome=True
# each on another node, with no other job: it would be measured too
#PBS -l place=scatter:excl
#PBS -l walltime=02:30:00
# what is missing in the end, upout submits again, and nothing else
#PBS -r n
#PBS -j oe
# what PBS itself has to say; the job writes its own log as it goes
#PBS -o scheduler.log

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
export OMPI_MCA_orte_default_hostfile="$PBS_NODEFILE" PRTE_MCA_prte_default_hostfile="$PBS_NODEFILE" HYDRA_HOST_FILE="$PBS_NODEFILE"

# in place of this shell, so that what the job is sent reaches upout
exec timeout --foreground --signal=TERM 8700 /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' --launcher 'LAUNCHER -n {ranks}'
