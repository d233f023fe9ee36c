import { z } from 'zod';
import { environmentSchema } from './job.ts';

/** What is said of a number in IRI's words: whole, at least one, or nothing. */
const amount = z.int().min(1).nullish();
const text = z.string().min(1).max(4096);
const path = text
  .refine((value) => !value.includes('\0'), 'a NUL character is not allowed')
  .refine((value) => !value.split('/').includes('..'), '".." is not allowed: name the path without it');
const script = z
  .string()
  .min(1)
  .max(100_000)
  .refine((value) => !value.includes('\0'), 'a NUL character is not allowed');
const nothing = z.null().optional();

/**
 * A job as people submit it to a facility: the JobSpec of the DOE IRI Facility API, which is that of PSI/J. What the
 * contract has and no machine here can do is in it too, so that it is refused by its name.
 */
export const jobRequestSchema = z.strictObject({
  attributes: z
    .strictObject({
      attributes: nothing,
      /** Seconds. */
      duration: z.int().min(1).nullish(),
      queue_name: text.nullish(),
      /** The project that the job is for, by its id or name. */
      account: text.nullish(),
      reservation_id: text.nullish(),
      custom_attributes: z.record(z.string().max(200), z.string().max(4096)).optional(),
    })
    .nullish(),
  executable: text.nullish(),
  container: z
    .strictObject({
      attributes: nothing,
      image: text,
      volume_mounts: z
        .array(
          z.strictObject({
            attributes: nothing,
            source: text,
            target: text,
            read_only: z.boolean().optional(),
          }),
        )
        .max(100)
        .optional(),
    })
    .nullish(),
  arguments: z
    .array(
      z
        .string()
        .max(100_000)
        .refine((value) => !value.includes('\0'), 'a NUL character is not allowed'),
    )
    .max(10_000)
    .optional(),
  /** Absolute and in the folder of the project, or relative to that folder, which is also the default. */
  directory: path.nullish(),
  name: text.max(200).nullish(),
  inherit_environment: z.boolean().optional(),
  environment: environmentSchema.optional(),
  stdin_path: path.nullish(),
  stdout_path: path.nullish(),
  stderr_path: path.nullish(),
  resources: z
    .strictObject({
      attributes: nothing,
      node_count: amount,
      process_count: amount,
      processes_per_node: amount,
      cpu_cores_per_process: amount,
      gpu_cores_per_process: amount,
      exclusive_node_use: z.boolean().optional(),
      /** Bytes. */
      memory: amount,
    })
    .nullish(),
  pre_launch: script.nullish(),
  post_launch: script.nullish(),
  launcher: text.nullish(),
});
export type JobRequest = z.infer<typeof jobRequestSchema>;
