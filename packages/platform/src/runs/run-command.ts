import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CapabilityManifest, ExecutionOutcome, JobOutcome, JobSpec, LogLine } from '@genesis/contracts';
import type { Executor, JobHandle } from '../compute/index.ts';
import type { RunParts } from './parts.ts';

export type CommandCall = {
  /** Unique for ever; by it the job is found again after a crash. */
  name: string;
  manifest: CapabilityManifest;
  input: unknown;
  /** Host files that the job may read, by their path below `inputs/`. */
  files: readonly { path: string; source: string }[];
  mounts?: JobSpec['mounts'];
  sockets?: JobSpec['sockets'];
  /** Name of the folder that it keeps when it is ended. */
  kept?: string;
  onLog?: ((lines: LogLine[]) => void) | undefined;
} & Stops;

export type Stops = {
  /**
   * The platform stops: where jobs outlive it, the job is left alone and found again at the next start; elsewhere it
   * is ended, and what it did counts for nothing.
   */
  signal: AbortSignal;
  /** Somebody cancels: the job is ended, and that is its outcome. */
  cancel?: AbortSignal;
};

/** Whether a job was ended by us, and neither by itself nor by a limit. */
export const wasStopped = ({ reason }: Pick<ExecutionOutcome, 'reason'>): boolean =>
  reason === 'cancelled' || reason === 'killed';

/**
 * Whether what a job left counts for nothing: it was ended together with a process of the platform. Where jobs outlive
 * that, whatever ended a job was no stop of the platform, and its end counts: it may have started.
 */
export const endedWithPlatform = (
  executor: Pick<Executor, 'jobsOutliveServer'>,
  outcome: Pick<ExecutionOutcome, 'reason'>,
): boolean => !executor.jobsOutliveServer && wasStopped(outcome);

/** Lets go of a job that is recorded or given up, and of its inputs, which a process that was killed leaves there. */
export async function releaseJob(
  { inputFolder }: Pick<RunParts, 'inputFolder'>,
  executor: Executor,
  name: string,
): Promise<void> {
  await rm(join(inputFolder, name), { recursive: true, force: true });
  await executor.release(name);
}

/**
 * Runs a command capability in the executor and waits for its end; `take` reads what it left. The caller releases the
 * job once what was taken is recorded, so that a crash before that finds it again.
 *
 * @throws the reason of `signal` when that interrupted it
 */
export async function runCommand<T>(
  parts: Pick<RunParts, 'inputFolder' | 'crash'>,
  executor: Executor,
  call: CommandCall,
  take: (job: JobOutcome) => Promise<T>,
): Promise<T> {
  const { implementation, resources } = call.manifest;
  if (implementation.kind !== 'command') throw new Error(`${call.manifest.name} is not a command`);
  const folder = join(parts.inputFolder, call.name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const inputFile = join(folder, 'input.json');
    await writeFile(inputFile, JSON.stringify(call.input ?? null), { mode: 0o600 });
    const handle = await executor.launch(
      {
        name: call.name,
        executable: implementation.executable,
        arguments: implementation.arguments,
        environment: implementation.environment,
        inputs: [{ path: 'input.json', source: inputFile }, ...call.files],
        mounts: [...(call.mounts ?? [])],
        sockets: [...(call.sockets ?? [])],
        ...(call.kept === undefined ? {} : { kept: call.kept }),
        resources,
      },
      call.onLog === undefined ? {} : { onLog: call.onLog },
    );
    parts.crash.reach('run.launched');
    return await take(await waitForJob(executor, handle, call));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The outcome of a job that was launched or found again.
 *
 * @throws the reason of `signal` when that interrupted it: the job lives on, or nothing of it is left
 */
export async function waitForJob(
  executor: Executor,
  handle: JobHandle,
  { signal, cancel, kept }: Stops & Pick<CommandCall, 'kept'>,
): Promise<JobOutcome> {
  const end = (): void => handle.cancel();
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => {
    if (executor.jobsOutliveServer) interrupted.reject(signal.reason);
    else end();
  };
  if (cancel?.aborted) end();
  if (signal.aborted) interrupt();
  cancel?.addEventListener('abort', end, { once: true });
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    const job = await Promise.race([handle.wait(), interrupted.promise]);
    if (!signal.aborted || !endedWithPlatform(executor, job)) return job;
  } finally {
    cancel?.removeEventListener('abort', end);
    signal.removeEventListener('abort', interrupt);
  }
  // what it has kept is taken over at the next start, which finds it by its name
  if (kept === undefined) await executor.release(handle.name);
  throw signal.reason;
}

/**
 * The outcome of a job by its name, which is the same after a restart: one that still runs is waited for, one that has ended is
 * taken, and only otherwise it is launched. The caller releases it once what was taken is recorded.
 */
export async function runByName<T>(
  parts: Pick<RunParts, 'inputFolder' | 'crash'>,
  executor: Executor,
  name: string,
  callOf: () => Promise<CommandCall>,
  take: (job: JobOutcome) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const found = await executor.reconcile(name);
  if (found.state === 'running') return await take(await waitForJob(executor, found.job, { signal }));
  if (found.state === 'finished' && !endedWithPlatform(executor, found.outcome))
    return await take(found.outcome);
  if (found.state !== 'unknown') await releaseJob(parts, executor, name);
  return await runCommand(parts, executor, await callOf(), take);
}
