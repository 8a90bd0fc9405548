#!/bin/bash
# A campaign as an array of jobs: sbatch slurm_array.sh
#SBATCH --job-name=library
#SBATCH --array=0-9
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time=04:00:00
# Two minutes before the limit the run is told to stop with a checkpoint.
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=library-%a.log

srun python shard.py "$SLURM_ARRAY_TASK_ID" "$SLURM_ARRAY_TASK_COUNT"
code=$?
# shard.py ends with 75 where something is left, and with 143 if it was told before it had begun: the job goes back to the queue,
# and on from its checkpoint.
if [ $code -eq 75 ] || [ $code -eq 143 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit $code
