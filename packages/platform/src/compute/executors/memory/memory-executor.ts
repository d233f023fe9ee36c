import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GenesisError, type JobOutcome, type JobSpec, jobSpecSchema, type LogLine } from '@genesis/contracts';
import { invalidSpec } from '../../model.ts';
import type { Executor, JobHandle, JobHooks } from '../../ports.ts';

/** What a pretended program sees; `signal` fires when it has to end. */
type PretendedJob = { spec: JobSpec; signal: AbortSignal; log: (line: LogLine) => void };
export type PretendedProgram = (
  job: PretendedJob,
) => Promise<{ exitCode: number; outputs?: Record<string, string | Uint8Array> }>;

type RunningJob = {
  stop: (reason: 'cancelled' | 'killed') => void;
  ended: Promise<JobOutcome>;
  /** What it has said so far, and who is told of what comes. */
  log: LogLine[];
  listeners: Set<NonNullable<JobHooks['onLog']>>;
};

/** Outlives one executor, as a staging folder would. */
export type MemoryJournal = Map<
  string,
  { claim: string; outcome: JobOutcome | null; running: RunningJob | null }
>;

export type MemoryExecutorOptions = {
  /** By the name of the executable. */
  programs: Record<string, PretendedProgram>;
  /** Folder for outputs. */
  folder: string;
  journal?: MemoryJournal;
  /** Whether jobs go on when the executor closes, as on a remote machine. */
  jobsOutliveServer?: boolean;
};

/** The simplest executor that keeps the port's promises: it runs nothing. For tests of what builds on the port. */
export function createMemoryExecutor({
  programs,
  folder,
  journal = new Map(),
  jobsOutliveServer = false,
}: MemoryExecutorOptions): Executor {
  const running = new Map<string, RunningJob>();
  const closing = Promise.withResolvers<never>();
  closing.promise.catch(() => undefined);

  const writeOutputs = async (
    directory: string,
    outputs: Record<string, string | Uint8Array>,
  ): Promise<JobOutcome['outputs']> => {
    const entries = Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [path, content] of entries) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
    return entries.map(([path, content]) => ({
      path,
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
    }));
  };

  const run = async (
    spec: JobSpec,
    claim: string,
    controller: AbortController,
    log: (line: LogLine) => void,
  ): Promise<JobOutcome> => {
    const startedAt = new Date();
    const timer = setTimeout(() => controller.abort('time-limit'), spec.resources.durationSeconds * 1_000);
    const program = programs[spec.executable];
    const ended = new Promise<{ exitCode: number }>((resolve) =>
      controller.signal.addEventListener('abort', () => resolve({ exitCode: 143 })),
    );
    const result: Awaited<ReturnType<PretendedProgram>> =
      program === undefined
        ? { exitCode: 127 }
        : await Promise.race([program({ spec, signal: controller.signal, log }), ended]);
    clearTimeout(timer);
    const stopped = controller.signal.aborted
      ? (controller.signal.reason as 'cancelled' | 'killed' | 'time-limit')
      : null;
    const reason =
      stopped ?? (program === undefined ? 'missing-executable' : result.exitCode === 0 ? null : 'exit-code');
    const outputDirectory = join(folder, spec.name);
    await mkdir(outputDirectory, { recursive: true });
    const outcome: JobOutcome = {
      name: spec.name,
      claim,
      state: reason === null ? 'succeeded' : reason === 'cancelled' ? 'cancelled' : 'failed',
      failureClass:
        reason === null || reason === 'cancelled'
          ? 'F0_NONE'
          : reason === 'missing-executable'
            ? 'F1_MISSING_ARTIFACT'
            : 'F7_RUNTIME',
      reason,
      message: reason === null ? null : `The pretended program ended: ${reason}.`,
      exitCode: result.exitCode,
      signal: stopped === null ? null : 'SIGTERM',
      sandboxed: false,
      enforcement: 'none',
      usage: {
        wallSeconds: (Date.now() - startedAt.getTime()) / 1_000,
        cpuSeconds: null,
        peakMemoryBytes: null,
      },
      startedAt: startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      outputDirectory,
      outputs: await writeOutputs(outputDirectory, result.outputs ?? {}),
      refusedOutputs: [],
    };
    journal.set(spec.name, { claim, outcome, running: null });
    running.delete(spec.name);
    return outcome;
  };

  const handleOf = (name: string, claim: string, job: RunningJob): JobHandle => {
    running.set(name, job);
    const forget = (): boolean => running.delete(name);
    job.ended.then(forget, forget);
    return {
      ...{ name, claim },
      wait: () => Promise.race([job.ended, closing.promise]),
      cancel: () => job.stop('cancelled'),
    };
  };

  const conflict = (message: string): GenesisError => new GenesisError({ code: 'conflict', message });
  /** Throws where a job cannot be launched. */
  const checked = (input: JobSpec): JobSpec => {
    const spec = jobSpecSchema.safeParse(input);
    if (!spec.success) throw invalidSpec(spec.error);
    if (spec.data.workspace !== undefined)
      throw new GenesisError({ code: 'unsupported', message: 'workspace: there are no folders in memory.' });
    if (spec.data.mounts.length + spec.data.sockets.length > 0)
      throw new GenesisError({ code: 'unsupported', message: 'mounts: there are no folders in memory.' });
    if (journal.has(spec.data.name))
      throw conflict(`A job named "${spec.data.name}" has been launched before.`);
    return spec.data;
  };
  const start = (spec: JobSpec, hooks: JobHooks): JobHandle => {
    const claim = randomUUID();
    const controller = new AbortController();
    const log: LogLine[] = [];
    const listeners = new Set(hooks.onLog === undefined ? [] : [hooks.onLog]);
    const say = (line: LogLine): void => {
      log.push(line);
      for (const listener of listeners) listener([line]);
    };
    const ended = run(spec, claim, controller, say);
    const job = { stop: (reason: unknown) => controller.abort(reason), ended, log, listeners };
    journal.set(spec.name, { claim, outcome: null, running: job });
    return handleOf(spec.name, claim, job);
  };
  return {
    jobsOutliveServer,
    launch: async (input, hooks = {}) => start(checked(input), hooks),
    launchBatch: async (jobs) => {
      const specs = jobs.map(({ spec }) => checked(spec));
      if (new Set(specs.map(({ name }) => name)).size < specs.length)
        throw conflict('Two jobs of the batch have the same name.');
      return jobs.map(({ hooks = {} }, index) => start(specs[index]!, hooks));
    },
    reconcile: async (name, hooks = {}) => {
      if (running.has(name)) throw conflict(`The job "${name}" runs in this server.`);
      const entry = journal.get(name);
      if (entry === undefined) return { state: 'unknown' };
      if (entry.outcome !== null) return { state: 'finished', outcome: entry.outcome };
      if (entry.running === null || !jobsOutliveServer) return { state: 'lost', claim: entry.claim };
      if (hooks.onLog !== undefined) {
        hooks.onLog([...entry.running.log]);
        entry.running.listeners.add(hooks.onLog);
      }
      return { state: 'running', job: handleOf(name, entry.claim, entry.running) };
    },
    release: async (name) => {
      if (running.has(name)) throw conflict(`The job "${name}" still runs.`);
      journal.delete(name);
      await rm(join(folder, name), { recursive: true, force: true });
    },
    close: async () => {
      const jobs = [...running.values()];
      if (jobsOutliveServer) {
        running.clear();
        const message = 'The executor has closed; its jobs go on.';
        closing.reject(new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 10 }));
        return;
      }
      for (const job of jobs) job.stop('killed');
      await Promise.all(jobs.map((job) => job.ended));
    },
  };
}
