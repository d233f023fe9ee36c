import { z } from 'zod';

/** Names of files of batches. */
export const batchFile = {
  /** Holds one folder for each batch, named as the batch is in Slurm. */
  root: '.batches',
  /** In that folder: what its runners serve. */
  list: 'batch.json',
} as const;

export const batchListSchema = z.strictObject({
  /** Names of the jobs, which are also those of their folders beside the root of batches. */
  jobs: z.array(z.string()),
  /** Wall-clock time that each runner has. */
  limitSeconds: z.number().positive(),
  /** Number of runners. */
  tasks: z.int().positive(),
});
export type BatchList = z.infer<typeof batchListSchema>;
