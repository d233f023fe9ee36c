import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CapabilityManifest, ExecutionOutcome, JobOutcome, LogLine } from '@genesis/contracts';
import type { JobHandle } from '../compute/index.ts';
import type { RunParts } from './parts.ts';

export type CommandCall = {
  /** Unique for ever; by it the job is found again after a crash. */
  name: string;
  manifest: CapabilityManifest;
  input: unknown;
  /** Host files that the job may read, by their path below `inputs/`. */
  files: readonly { path: string; source: string }[];
  onLog?: ((lines: LogLine[]) => void) | undefined;
  /** The platform stops: the job is ended, and what it did counts for nothing. */
  signal: AbortSignal;
  /** Somebody cancels: the job is ended, and that is its outcome. */
  cancel?: AbortSignal;
};

/** Whether a job was ended by us, and neither by itself nor by a limit. */
export const wasStopped = ({ reason }: Pick<ExecutionOutcome, 'reason'>): boolean =>
  reason === 'cancelled' || reason === 'killed';

/**
 * Runs a command capability in the executor and waits for its end; `take` reads what it left before that is released.
 *
 * @throws the reason of `signal` when that ended the job; nothing of it is left then
 */
export async function runCommand<T>(
  parts: Pick<RunParts, 'executor' | 'inputFolder' | 'crash'>,
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
    const handle = await parts.executor.launch(
      {
        name: call.name,
        executable: implementation.executable,
        arguments: implementation.arguments,
        environment: implementation.environment,
        inputs: [{ path: 'input.json', source: inputFile }, ...call.files],
        resources,
      },
      call.onLog === undefined ? {} : { onLog: call.onLog },
    );
    parts.crash.reach('run.launched');
    const stops = call.cancel === undefined ? call.signal : AbortSignal.any([call.signal, call.cancel]);
    const job = await waitFor(handle, stops);
    if (call.signal.aborted && wasStopped(job)) {
      await parts.executor.release(handle.name);
      throw call.signal.reason;
    }
    const taken = await take(job);
    await parts.executor.release(handle.name);
    return taken;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function waitFor(handle: JobHandle, signal: AbortSignal): Promise<JobOutcome> {
  const cancel = (): void => handle.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await handle.wait();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
