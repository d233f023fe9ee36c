import { z } from 'zod';

/** The class of a failure, in the words of the GMP contract. */
const failureClasses = [
  'F0_NONE',
  'F1_MISSING_ARTIFACT',
  'F2_ENVIRONMENT',
  'F3_DATA_ACCESS',
  'F4_POLICY',
  'F5_UNSPECIFIED_CONFIG',
  'F6_HPC_QUEUE',
  'F7_RUNTIME',
  'F8_DOMAIN_ASSUMPTION',
] as const;
export const failureClassSchema = z.enum(failureClasses);
export type FailureClass = z.infer<typeof failureClassSchema>;

/** Why a job did not succeed; finer than the failure class. */
const failureReasons = [
  'exit-code',
  'signal',
  'missing-executable',
  'out-of-memory',
  'time-limit',
  'output-limit',
  'process-limit',
  'exception',
  'killed',
  'outcome-unknown',
  'cancelled',
] as const;
export const failureReasonSchema = z.enum(failureReasons);
export type FailureReason = z.infer<typeof failureReasonSchema>;

/** Also the name of a folder, so it can neither leave its parent nor hide. */
const jobNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,99}$/,
    'expected 1 to 100 characters: a-z, 0-9, "-" and "_", beginning with a letter or a digit',
  );

const noNul = (text: string): boolean => !text.includes('\0');
export const argumentSchema = z.string().max(100_000).refine(noNul, 'a NUL character is not allowed');

export const environmentSchema = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/, 'expected letters, digits and "_"'),
  argumentSchema,
);

/** A path below a folder: no root, no "." or "..", no empty part, nothing that a terminal would interpret. */
export const relativePathSchema = z
  .string()
  .max(1_000)
  .refine(
    (path) =>
      path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.length <= 255),
    'expected a relative path without ".", ".." or empty parts',
  )
  .refine((path) => !/[\p{Cc}\\]/u.test(path), 'control characters and backslashes are not allowed');

/** Places that every sandbox fills itself. */
const ownPlaces = [
  ...['/proc', '/sys', '/dev', '/job', '/tmp', '/var/tmp', '/etc', '/genesis'],
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'],
];

/** Whether one of two absolute paths is the other, or lies below it. */
const overlap = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

/** Where a job sees a folder, file or socket of the host: below `/inputs`, or at a place that is nobody's. */
const placeSchema = z
  .string()
  .startsWith('/', 'expected an absolute path')
  .refine(
    (path) => relativePathSchema.safeParse(path.slice(1)).success,
    'expected an absolute path without ".", ".." or empty parts',
  )
  .refine(
    (path) => path !== '/inputs' && ownPlaces.every((own) => !overlap(path, own)),
    `expected a path below /inputs, or one apart from ${ownPlaces.join(', ')}`,
  );

const placedSchema = {
  path: placeSchema,
  /** An absolute path of the host; the caller has checked that the job may have it. */
  source: z.string().startsWith('/').refine(noNul),
};

const gibibyte = 2 ** 30;

/** What a job may use. Everything is bounded: what an executor cannot bound, it refuses. */
export const jobResourcesSchema = z.strictObject({
  /** Memory of all processes together, without the job folder, in bytes. */
  memoryBytes: z
    .int()
    .min(16 * 2 ** 20)
    .max(2 ** 50)
    .default(2 * gibibyte),
  /** CPU cores; a fraction needs an executor with CPU quotas. */
  cpuCores: z.number().positive().max(10_000).default(1),
  /** Machines; every other amount is for each of them. */
  nodes: z.int().min(1).max(100_000).default(1),
  /** Accelerators, of each machine. */
  gpus: z.int().min(0).max(1_000).default(0),
  /** Processes and threads alive at one moment. */
  processes: z.int().min(1).max(100_000).default(256),
  /** The whole content of the job folder (outputs and scratch files together), in bytes. */
  outputBytes: z
    .int()
    .min(4_096)
    .max(2 ** 50)
    .default(gibibyte / 4),
  /** Standard output and standard error together, in bytes. */
  logBytes: z
    .int()
    .min(1_024)
    .max(gibibyte)
    .default(16 * 2 ** 20),
  /** Wall-clock time, in seconds. */
  durationSeconds: z
    .number()
    .positive()
    .max(365 * 86_400)
    .default(3_600),
});
export type JobResources = z.infer<typeof jobResourcesSchema>;

const { shape } = jobResourcesSchema;
/** Some of it, to be used instead of what something declares: nothing is filled in. */
export const someResourcesSchema = z.strictObject({
  memoryBytes: shape.memoryBytes.unwrap().optional(),
  cpuCores: shape.cpuCores.unwrap().optional(),
  nodes: shape.nodes.unwrap().optional(),
  gpus: shape.gpus.unwrap().optional(),
  processes: shape.processes.unwrap().optional(),
  outputBytes: shape.outputBytes.unwrap().optional(),
  logBytes: shape.logBytes.unwrap().optional(),
  durationSeconds: shape.durationSeconds.unwrap().optional(),
});

/**
 * One execution of a command, in the words of PSI/J.
 * The job starts in an empty folder of its own, finds its inputs at `inputs/PATH` below it (read-only), and every
 * other plain file that it leaves in the folder is an output. It sees no environment but `environment`, `PATH`,
 * `HOME`, `TMPDIR` and `LANG`.
 */
const jobShape = z.strictObject({
  /** Unique for ever in one executor: a second launch of the same name is refused. */
  name: jobNameSchema,
  /** Found through `PATH`, or an absolute path inside the sandbox, or `inputs/PATH`. */
  executable: argumentSchema.min(1, 'expected the name or path of a program'),
  arguments: z.array(argumentSchema).max(10_000).default([]),
  environment: environmentSchema.default({}),
  /** `source` is an absolute path of a plain file on the host; the caller has checked that the job may read it. */
  inputs: z
    .array(z.strictObject({ path: relativePathSchema, source: z.string().startsWith('/').refine(noNul) }))
    .max(1_000)
    .default([]),
  /**
   * Folders, or plain files, of the host that the job sees read-only: below `/inputs`, or at an absolute path such as
   * `/opt/environment`. Nothing in them changes while they are used. None of these paths, those of `sockets` included,
   * is another or lies within one. Everybody must be able to read what is in them: the job may run as another user.
   */
  mounts: z
    .array(
      z.strictObject({
        ...placedSchema,
        /** Names the content for ever, so that an executor that has to copy does so once. */
        digest: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
      }),
    )
    .max(100)
    .default([]),
  /** Unix sockets of the host that the job may connect to. Where the job runs as another user, their mode must let it. */
  sockets: z.array(z.strictObject(placedSchema)).max(10).default([]),
  resources: jobResourcesSchema.prefault({}),
  /**
   * Name of a folder of the job folder that is kept when the job is ended: never an output, and copied while the job
   * runs, where the executor can. A copy holds plain files as they lay there at one moment; names that begin with a dot
   * are of what is not finished, and left out.
   */
  kept: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,99}$/)
    .refine((name) => name !== 'inputs', 'belongs to the executor')
    .optional(),
  /**
   * A folder of the host that the job works in instead of an empty one: it is there at the same path, read-write, and
   * what the job leaves in it stays. The caller has checked that the job may have all of it. `outputs` are empty then.
   */
  workspace: z
    .strictObject({
      root: z.string().startsWith('/').refine(noNul),
      /** Where the job begins, below `root`; empty for `root` itself. */
      directory: z.union([relativePathSchema, z.literal('')]),
    })
    .optional(),
});

const apart = ({
  inputs,
  mounts,
  sockets,
}: z.infer<typeof jobShape>): { path: string[]; message: string }[] => {
  const taken = inputs.map(({ path }) => `/inputs/${path}`);
  const problems: { path: string[]; message: string }[] = [];
  for (const [kind, list] of Object.entries({ mounts, sockets }))
    for (const [at, { path }] of list.entries()) {
      const other = taken.find((one) => overlap(one, path));
      if (other !== undefined)
        problems.push({
          path: [kind, String(at), 'path'],
          message: `${path} and ${other} are in each other's way`,
        });
      taken.push(path);
    }
  return problems;
};

export const jobSpecSchema = jobShape.superRefine((spec, context) => {
  for (const problem of apart(spec)) context.addIssue({ code: 'custom', ...problem });
});
export type JobSpec = z.infer<typeof jobSpecSchema>;
export type JobSpecInput = z.input<typeof jobSpecSchema>;

/** One line of a job's log, without its line end. Lines longer than 64 KiB come in pieces. */
export const logLineSchema = z.strictObject({ stream: z.enum(['stdout', 'stderr']), text: z.string() });
export type LogLine = z.infer<typeof logLineSchema>;

/** `null` stands for "not measured". */
const jobUsageSchema = z.strictObject({
  wallSeconds: z.number().nonnegative(),
  cpuSeconds: z.number().nonnegative().nullable(),
  peakMemoryBytes: z.number().nonnegative().nullable(),
});
export type JobUsage = z.infer<typeof jobUsageSchema>;

/** How something ended, shared by commands and built-in functions. */
export const executionOutcomeSchema = z.strictObject({
  state: z.enum(['succeeded', 'failed', 'cancelled']),
  failureClass: failureClassSchema,
  /** `null` exactly when `state` is `succeeded`. */
  reason: failureReasonSchema.nullable(),
  /** One sentence for people; `null` exactly when `state` is `succeeded`. */
  message: z.string().nullable(),
  usage: jobUsageSchema,
  /** ISO 8601 */
  startedAt: z.string(),
  endedAt: z.string(),
});
export type ExecutionOutcome = z.infer<typeof executionOutcomeSchema>;

const jobOutputSchema = z.strictObject({
  path: relativePathSchema,
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type JobOutput = z.infer<typeof jobOutputSchema>;

/** How a job ended. It counts only together with the fencing token of the claim under which it ran. */
export const jobOutcomeSchema = executionOutcomeSchema.extend({
  name: jobNameSchema,
  claim: z.string(),
  exitCode: z.int().nullable(),
  /** For example `SIGSEGV`. By the convention of shells, an exit code of 128 + n is told as signal n. */
  signal: z.string().nullable(),
  /** False when the operator has allowed jobs without a sandbox and there was none. */
  sandboxed: z.boolean(),
  /** What bounded memory, processes and CPU: the kernel's control groups, or limits with a polling watchdog. */
  enforcement: z.enum(['cgroup', 'watchdog', 'none']),
  /** Host folder that holds the outputs at their paths, until the job is released. */
  outputDirectory: z.string(),
  outputs: z.array(jobOutputSchema),
  /** What lay in the job folder and is no output: links, special files, names that are not allowed. At most 100. */
  refusedOutputs: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
});
export type JobOutcome = z.infer<typeof jobOutcomeSchema>;
