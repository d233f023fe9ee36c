import { jobSpecSchema } from '@genesis/contracts';
import { z } from 'zod';

/** Names of files in the folder of a job, besides those of its claim and end. */
export const files = {
  /** What the node has to run; mode 0600, because it holds the job's environment. */
  launch: 'launch.json',
  inputs: 'inputs',
  /** One log line in JSON on each line. */
  log: 'log.jsonl',
  /** What the runner itself says: nothing, unless it fails. */
  runner: 'runner.log',
  /** Made by the server to have the job ended. */
  cancel: 'cancel',
  /** The name in Slurm under which the job was given to it last, where that is not its own: a batch's. */
  batch: 'batch',
  /** The folder that the local executor on the node had for the job. */
  node: 'node',
  /** Where that executor has its folders while it runs; for a runner of a batch in the folder of that. */
  runnerRoot: 'running',
} as const;

/** What the server leaves for the node. The sources of `spec.inputs` are the staged copies, with these hashes. */
export const launchSchema = z.strictObject({
  claim: z.string(),
  spec: jobSpecSchema,
  inputHashes: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
  /** Of each mount, what is in it by name and size. */
  mountListings: z.array(z.string().regex(/^[0-9a-f]{64}$/)).default([]),
  allowUnsandboxed: z.boolean(),
  graceSeconds: z.number().nonnegative(),
});
export type Launch = z.infer<typeof launchSchema>;
