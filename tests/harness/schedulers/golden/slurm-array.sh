#!/bin/bash
#SBATCH --job-name=skew-3
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=1
# neighbouring ranks on one node and socket, as mpirun has them
#SBATCH --distribution=block:block
# one worker a core; it also binds ranks, so nothing else is said of that
#SBATCH --hint=nomultithread
# minutes
#SBATCH --time=1
# upout is told so many seconds before that, and closes its journal
#SBATCH --signal=B:TERM@30
# what is missing in the end, upout submits again, and nothing else
#SBATCH --no-requeue
#SBATCH --array=1-5
#SBATCH --output=output-%a.log
# a job that is submitted again keeps what was said before
#SBATCH --open-mode=append

cd -- /home/user/sweep/jobs/3 || exit

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
exec /opt/upout/bin/upout sweep '/home/user/it'\''s a sweep/plan.toml' --out /home/user/sweep/jobs/3/task-"${SLURM_ARRAY_TASK_ID}" --launcher 'LAUNCHER -n {ranks}'
