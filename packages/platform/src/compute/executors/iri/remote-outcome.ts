/** What a job says of its end, and what that means. Whoever runs the facility can write it, and so can the job. */
import { constants } from 'node:os';
import type { FailureClass, FailureReason, JobOutcome, JobSpec } from '@genesis/contracts';
import { z } from 'zod';

const count = z.int().min(0);
const seconds = z.int().min(0).max(253_402_300_799);

export const remoteOutcomeSchema = z.strictObject({
  /** An outcome with another claim than the launch's is none. */
  claim: z.string().max(100),
  exitCode: z.int().min(0).max(255),
  /** Seconds since 1970 by the clock of the facility. */
  started: seconds,
  ended: seconds,
  /** The program was not found. */
  missing: z.boolean(),
  /** Somebody asked the script to end. */
  stopped: z.boolean(),
  /** More files, bytes or log than allowed. */
  over: z.boolean(),
  problem: z.enum(['none', 'inputs', 'tools', 'folder', 'packing']),
  /** Bytes of the first parts of the package: hashes, sizes, refused names, standard output, standard error. */
  parts: z.tuple([count, count, count, count, count]),
  bytes: count,
  sha256: z.union([z.literal('none'), z.string().regex(/^[0-9a-f]{64}$/)]),
  pieces: z
    .int()
    .min(0)
    .max(26 ** 5),
});
export type RemoteOutcome = z.infer<typeof remoteOutcomeSchema>;

export type Why = { failureClass: FailureClass; reason: FailureReason; message: string };
export const cancelledWhy: Why = {
  failureClass: 'F0_NONE',
  reason: 'cancelled',
  message: 'The job was cancelled.',
};
/** Ended by somebody else, or kept from starting. */
export const killedWhy = (message: string): Why => ({
  failureClass: 'F6_HPC_QUEUE',
  reason: 'killed',
  message,
});
/** User code may have run, to whatever end. */
export const unknownWhy = (message: string): Why => ({
  failureClass: 'F6_HPC_QUEUE',
  reason: 'outcome-unknown',
  message: `Outcome unknown: ${message} It is not repeated by itself.`,
});

const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number as number, name]),
);
const signalOf = (exitCode: number): string | null =>
  exitCode > 128 ? (signalNames.get(exitCode - 128) ?? null) : null;

const problems: Record<Exclude<RemoteOutcome['problem'], 'none'>, string> = {
  inputs: 'The inputs arrived changed at the facility, or could not be unpacked there; nothing was started.',
  tools: 'The facility lacks a program that every job needs (sha256sum, tar, xargs and the like).',
  folder: 'The folders of the job could not be made at the facility.',
  packing: 'What the job left could not be packed at the facility.',
};

/** `timeout` ends with 124, or 137 when it had to kill. */
const timedOut = ({ exitCode, started, ended }: RemoteOutcome, spec: JobSpec): boolean =>
  (exitCode === 124 || exitCode === 137) && ended - started >= Math.ceil(spec.resources.durationSeconds);

/** Why the job failed; null: it has succeeded. */
export function judge(spec: JobSpec, remote: RemoteOutcome, cancelled: boolean): Why | null {
  const { exitCode, missing, stopped, over, problem } = remote;
  const at = (reason: FailureReason, message: string): Why => ({
    failureClass: 'F7_RUNTIME',
    ...{ reason, message },
  });
  if (problem !== 'none')
    return { failureClass: 'F2_ENVIRONMENT', reason: 'exception', message: problems[problem] };
  if (missing)
    return {
      failureClass: 'F1_MISSING_ARTIFACT',
      reason: 'missing-executable',
      message: `"${spec.executable}" was not found at the facility, or cannot be executed.`,
    };
  // a job that was over before it heard of it was not cancelled
  const ending = stopped || signalOf(exitCode) !== null;
  if (cancelled && ending) return cancelledWhy;
  if (stopped) return killedWhy('The facility ended the job.');
  const { durationSeconds, outputBytes, logBytes } = spec.resources;
  if (timedOut(remote, spec))
    return at('time-limit', `The job ran longer than its ${durationSeconds} seconds.`);
  if (over || signalOf(exitCode) === 'SIGXFSZ')
    return at(
      'output-limit',
      `The job wrote more than its ${outputBytes} bytes of files or its ${logBytes} bytes of log.`,
    );
  if (exitCode === 0) return null;
  const signal = signalOf(exitCode);
  return signal === null
    ? at('exit-code', `The program ended with exit code ${exitCode}.`)
    : at('signal', `The program was ended by ${signal}.`);
}

/** The outcome of a job from its own words, or of one that left none. */
export function outcomeOf(
  spec: JobSpec,
  claim: string,
  times: { startedAt: number; endedAt: number },
  why: Why | null,
  rest: Partial<Pick<JobOutcome, 'exitCode' | 'outputDirectory' | 'outputs' | 'refusedOutputs'>> = {},
): JobOutcome {
  const endedAt = Math.max(times.startedAt, times.endedAt);
  return {
    ...{ name: spec.name, claim },
    state: why === null ? 'succeeded' : why.reason === 'cancelled' ? 'cancelled' : 'failed',
    failureClass: why?.failureClass ?? 'F0_NONE',
    reason: why?.reason ?? null,
    message: why?.message ?? null,
    exitCode: rest.exitCode ?? null,
    signal: signalOf(rest.exitCode ?? 0),
    // what the facility isolates and bounds, it does not tell
    ...{ sandboxed: false, enforcement: 'none' },
    usage: { wallSeconds: (endedAt - times.startedAt) / 1_000, cpuSeconds: null, peakMemoryBytes: null },
    startedAt: new Date(times.startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    outputDirectory: rest.outputDirectory ?? '',
    outputs: rest.outputs ?? [],
    refusedOutputs: rest.refusedOutputs ?? [],
  };
}
