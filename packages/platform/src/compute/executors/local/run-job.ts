/** One job from its open gate to its outcome. */
import { constants } from 'node:os';
import type { FailureClass, FailureReason, JobOutcome, JobSpec, LogLine } from '@genesis/contracts';
import { type Collected, collectOutputs } from './collect.ts';
import { gateWords } from './gate.ts';
import type { Keeper } from './kept.ts';
import { type LogBudget, lineReader } from './log-lines.ts';
import type { LimitPlan } from './plan.ts';
import type { StartedJob } from './started-job.ts';
import { type FolderMeter, watch } from './watchdog.ts';

type End = { reason: FailureReason; message: string; failureClass?: FailureClass } | null;

const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number as number, name]),
);

/** By the convention of shells, 128 + n stands for signal n. */
const signalOf = (exitCode: number): string | null =>
  exitCode > 128 ? (signalNames.get(exitCode - 128) ?? null) : null;

const classOf = (reason: FailureReason): FailureClass =>
  reason === 'missing-executable' ? 'F1_MISSING_ARTIFACT' : reason === 'cancelled' ? 'F0_NONE' : 'F7_RUNTIME';

/** What a limit that was passed is called, for people. */
function describe(reason: FailureReason, spec: JobSpec): string {
  const { memoryBytes, processes, outputBytes, logBytes, durationSeconds } = spec.resources;
  const texts: Record<FailureReason, string> = {
    'exit-code': 'The program ended with an error.',
    signal: 'The program was ended by a signal.',
    'missing-executable': `"${spec.executable}" was not found in the sandbox, or cannot be executed.`,
    'out-of-memory': `The job used more than its ${memoryBytes} bytes of memory.`,
    'time-limit': `The job ran longer than its ${durationSeconds} seconds.`,
    'output-limit': `The job wrote more than its ${outputBytes} bytes of files or its ${logBytes} bytes of log.`,
    'process-limit': `The job started more than its ${processes} processes and threads.`,
    exception: 'The executor failed while the job ran.',
    killed: 'The job was ended from outside.',
    'outcome-unknown': 'It is not known how the job ended.',
    cancelled: 'The job was cancelled.',
  };
  return texts[reason];
}

/** Why the job ended, from the first limit that was passed down to its exit code. */
function judge(spec: JobSpec, job: StartedJob, exitCode: number, stopped: FailureReason | null): End {
  const as = (reason: FailureReason): End => ({ reason, message: describe(reason, spec) });
  if (stopped !== null) return as(stopped);
  if (job.gateWords.has(gateWords.missing)) return as('missing-executable');
  if (job.gateWords.has(gateWords.limits))
    return {
      reason: 'exception',
      message: 'The limits of processes cannot be set here.',
      failureClass: 'F2_ENVIRONMENT',
    };
  if (exitCode === 0) return null;
  const signal = signalOf(exitCode);
  if (signal === 'SIGXFSZ') return as('output-limit');
  if (signal === 'SIGXCPU') return as('time-limit');
  if (signal !== null) return { reason: 'signal', message: `The program was ended by ${signal}.` };
  return { reason: 'exit-code', message: `The program ended with exit code ${exitCode}.` };
}

export type RunningJob = {
  /** Ends the job with this reason, unless it is ending already. */
  stop(reason: Extract<FailureReason, 'cancelled' | 'killed'>): void;
  /** Resolves when no process is left and the outputs lie in the folder. Rejects only for a fault of the executor. */
  readonly outcome: Promise<JobOutcome>;
};

/** Opens the gate of a job whose claim is on disk, holds its limits, and collects what it leaves. */
export function runJob(
  spec: JobSpec,
  plan: LimitPlan,
  job: StartedJob,
  claim: string,
  outputDirectory: string,
  meter: FolderMeter,
  graceSeconds: number,
  onLog: (lines: LogLine[]) => void,
  keeper: Keeper | null,
): RunningJob {
  const startedAt = new Date();
  const startedClock = performance.now();
  let stopped: FailureReason | null = null;
  let over = false;
  const timers: NodeJS.Timeout[] = [];

  /** The first reason is the one that is told. Limits end a job at once; people and clocks give it time to end. */
  const stop = (reason: FailureReason): void => {
    if (stopped !== null || over) return;
    stopped = reason;
    if (reason !== 'time-limit' && reason !== 'cancelled') {
      job.kill();
      return;
    }
    job.terminate().catch(() => job.kill());
    timers.push(setTimeout(() => job.kill(), graceSeconds * 1_000));
  };

  const budget: LogBudget = { remainingBytes: spec.resources.logBytes };
  const readers = (['stdout', 'stderr'] as const).map((stream) => {
    const reader = lineReader(stream, budget, onLog);
    job[stream].on('data', (chunk: Buffer) => {
      if (stopped !== 'output-limit' && !reader.push(chunk)) stop('output-limit');
    });
    // a stream that has been paused does not flow again by itself
    job[stream].resume();
    return reader;
  });
  timers.push(setTimeout(() => stop('time-limit'), spec.resources.durationSeconds * 1_000));
  const watchdog = watch(job, plan, meter, stop);
  job.go();

  const finish = async (): Promise<JobOutcome> => {
    let exitCode: number;
    try {
      exitCode = await job.ended;
    } finally {
      over = true;
      for (const timer of timers) clearTimeout(timer);
    }
    const wallSeconds = (performance.now() - startedClock) / 1_000;
    for (const reader of readers) reader.end();
    const { usage, breach } = await watchdog.finish();
    const passed = stopped ?? breach;
    await keeper?.finish(exitCode !== 0);
    // of a job that wrote without end there is nothing to keep, and what it left in a workspace is there already
    const collected: Collected =
      passed === 'output-limit' || spec.workspace !== undefined
        ? { outputs: [], refused: [], overLimit: passed === 'output-limit' }
        : await collectOutputs(job.folder, outputDirectory, spec.resources.outputBytes, spec.kept);
    const limit = passed ?? (collected.overLimit ? 'output-limit' : null);
    const end = judge(spec, job, exitCode, limit);
    return {
      name: spec.name,
      claim,
      state: end === null ? 'succeeded' : end.reason === 'cancelled' ? 'cancelled' : 'failed',
      failureClass: end === null ? 'F0_NONE' : (end.failureClass ?? classOf(end.reason)),
      reason: end?.reason ?? null,
      message: end?.message ?? null,
      exitCode,
      signal: signalOf(exitCode),
      sandboxed: job.sandboxed,
      enforcement: job.sandboxed ? plan.enforcement : 'none',
      usage: { wallSeconds, ...usage },
      startedAt: startedAt.toISOString(),
      endedAt: new Date(startedAt.getTime() + Math.round(wallSeconds * 1_000)).toISOString(),
      outputDirectory,
      outputs: collected.outputs,
      refusedOutputs: collected.refused,
    };
  };
  const finishAndClose = async (): Promise<JobOutcome> => {
    try {
      return await finish();
    } finally {
      await keeper?.finish(false);
      await job.folder.close();
    }
  };
  return { stop, outcome: finishAndClose() };
}
