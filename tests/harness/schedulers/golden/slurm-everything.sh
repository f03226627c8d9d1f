#!/bin/bash
#SBATCH --job-name=scale-out-2
#SBATCH --partition=normal
#SBATCH --account=project-7
#SBATCH --constraint=rome
#SBATCH --nodes=3
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=16
# neighbouring ranks on one node and socket, as mpirun has them
#SBATCH --distribution=block:block
# one worker a core; it also binds ranks, so nothing else is said of that
#SBATCH --hint=nomultithread
# no other job on the nodes: it would be measured too
#SBATCH --exclusive
# of each node
#SBATCH --mem=65536M
# minutes
#SBATCH --time=150
# upout is told so many seconds before that, and closes its journal
#SBATCH --signal=B:TERM@300
# what is missing in the end, upout submits again, and nothing else
#SBATCH --no-requeue
#SBATCH --output=output.log
# a job that is submitted again keeps what was said before
#SBATCH --open-mode=append

cd -- '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' || exit

# modules of the plan; a shell that is not one of a login may not know them yet
command -v module >/dev/null || . /etc/profile
module load gcc/12.2 || exit
module load openmpi/4.1 || exit

# prologue of the plan, as it stands there
ulimit -l unlimited
export UCX_TLS=rc,self; echo "on $(hostname)"

# srun no longer takes this from the job (Slurm 22.05)
export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"

# how srun starts ranks, unless the site or the prologue says it: PMIx for Open MPI, PMI-2 for MPICH and its kin
if [ -z "${SLURM_MPI_TYPE:-}" ]; then
  case $(ldd -- /opt/upout/bin/upout 2>/dev/null) in
    *libmpi.so.40*) wanted=pmix ;;
    *libmpich.so* | *libmpi.so.12*) wanted=pmi2 ;;
    *) wanted= ;;
  esac
  if [ -n "$wanted" ] && srun --mpi=list 2>&1 | grep -qw "$wanted"; then export SLURM_MPI_TYPE=$wanted; fi
fi

# in place of this shell, so that what the job is sent reaches upout
exec /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out '/home/user/it'\''s a "sweep"; $(true) `true` é/jobs/2' --launcher 'LAUNCHER -n {ranks}'
