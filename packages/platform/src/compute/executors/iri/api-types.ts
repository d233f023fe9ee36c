/** What is used of the IRI Facility API (2.0.0), as it comes over the network: nothing of it is believed unchecked. */
import { resourceStatusSchema } from '@genesis/contracts';
import { z } from 'zod';

const text = z.string().max(10_000);
/** Becomes a part of a URL path, encoded. */
const id = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{Cc}]+$/u);

const jobStates = ['new', 'queued', 'held', 'active', 'completed', 'failed', 'canceled'] as const;
export type JobState = (typeof jobStates)[number] | 'unknown';

const jobStateSchema = z
  .string()
  .max(100)
  .transform((word): JobState => jobStates.find((state) => state === word.toLowerCase()) ?? 'unknown');

export const facilityJobSchema = z.object({
  id,
  status: z
    .object({
      state: jobStateSchema,
      message: text.nullish(),
      exit_code: z.int().nullish(),
    })
    .nullish(),
  job_spec: z.object({ name: text.nullish() }).nullish(),
});
export const facilityJobsSchema = z.array(facilityJobSchema).max(10_000);
export type FacilityJob = z.infer<typeof facilityJobSchema>;

export const taskSubmittedSchema = z.object({ task_id: id });
export const taskSchema = z.object({
  id,
  status: z.enum(['pending', 'active', 'completed', 'failed', 'canceled']).default('pending'),
  result: z.unknown().optional(),
});
export type Task = z.infer<typeof taskSchema>;

export const resourceSchema = z.object({
  current_status: resourceStatusSchema.nullish().catch('unknown'),
});

/** RFC 9457, and the `detail` of frameworks that have not heard of it. */
export const problemSchema = z.object({
  title: text.nullish(),
  detail: z.unknown().optional(),
  message: z.unknown().optional(),
});

/** The paths of an OpenAPI document, and no more of it. */
export const openApiSchema = z.object({
  paths: z.record(z.string().max(1_000), z.record(z.string().max(100), z.unknown())),
});
export const operationSchema = z.object({
  parameters: z.array(z.object({ name: z.string().optional(), in: z.string().optional() })).default([]),
});

/** What a job is asked for. Only fields that are set are sent. */
export type JobRequest = {
  name: string;
  executable: string;
  arguments: string[];
  directory: string;
  stdout_path: string;
  stderr_path: string;
  resources: ResourceRequest;
  attributes: {
    duration: number;
    queue_name?: string;
    account?: string;
    custom_attributes?: Record<string, string>;
  };
};
export type ResourceRequest = {
  node_count?: number;
  process_count?: number;
  processes_per_node?: number;
  cpu_cores_per_process?: number;
  gpu_cores_per_process?: number;
  exclusive_node_use?: boolean;
  memory?: number;
};

/** What an answer of a file operation holds: `output` itself or its `content`, as facilities differ. */
const heldSchema = z.object({ content: z.string(), encoding: z.string().optional() });
const contentSchema = z.union([
  z.object({ output: heldSchema }).transform(({ output }) => output),
  z.object({ output: z.string() }).transform(({ output }) => ({ content: output, encoding: undefined })),
  heldSchema,
  z.string().transform((content) => ({ content, encoding: undefined })),
]);
/** The words in an answer; null where there are none. Bytes that are no text come as base64 at some places. */
export function textOf(result: unknown): string | null {
  const parsed = contentSchema.safeParse(result);
  if (!parsed.success) return null;
  const { content, encoding } = parsed.data;
  return encoding === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : content;
}
/** The bytes in an answer to a download, which come as base64 everywhere. */
export function bytesOf(result: unknown): Buffer | null {
  const parsed = contentSchema.safeParse(result);
  return parsed.success ? Buffer.from(parsed.data.content, 'base64') : null;
}
