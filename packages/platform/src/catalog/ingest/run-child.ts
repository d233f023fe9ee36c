import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { GenesisError } from '@genesis/contracts/errors';
import type { ChildJob, ChildMessage, ChildResult, JobMessage } from './job.ts';
import type { IngestLimits, IngestProgress } from './model.ts';
import { killGroup, type StartedChild, startChild } from './start-child.ts';

/** Memory beyond DuckDB's own limit that the child may use: Node, the file's pages in flight, one record. */
const overheadMiB = 1024;

const readOrNull = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process ended in the meantime, or this system has no /proc: nothing to watch.
    return null;
  }
};

/** Resident memory of a process and everything below it, in bytes. Zero where the system does not tell. */
const treeMemory = (pid: number): number => {
  const pages = Number(readOrNull(`/proc/${pid}/statm`)?.split(' ')[1] ?? 0);
  const children = readOrNull(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ').filter(Boolean) ?? [];
  return children.reduce((sum, child) => sum + treeMemory(Number(child)), pages * 4096);
};

export type ChildOptions = {
  stagingFolder: string;
  limits: IngestLimits;
  onProgress?: (progress: IngestProgress) => void;
  /** Highest resident memory of the child that was seen, in bytes; told as it grows. */
  onMemory?: (bytes: number) => void;
  signal?: AbortSignal;
  /** The child may read its staging folder and change nothing in it. */
  readOnly?: boolean;
  /** One that was started over the staging folder before, and has had no job; else one is started. */
  child?: StartedChild | undefined;
  /** Takes what the job writes to descriptor 3. A job is only done when this is, and fails when this does. */
  onData?: (stream: Readable) => Promise<void>;
};

type Ending = {
  exit: number | null;
  killedBy: string | null;
  reason: 'time' | 'memory' | 'cancelled' | null;
  log: string;
};

const failureOf = (ending: Ending, limits: IngestLimits): GenesisError => {
  const { reason } = ending;
  if (reason === 'cancelled')
    return new GenesisError({ code: 'conflict', message: 'the import was cancelled' });
  if (reason === 'time') {
    const message = `reading the file took longer than ${limits.timeoutSeconds} s; nothing was imported`;
    return new GenesisError({ code: 'unsupported', message });
  }
  if (reason === 'memory') {
    const limitBytes = (limits.memoryMiB + overheadMiB) * 2 ** 20;
    const message = 'reading the file took more memory than an import may use; nothing was imported';
    return new GenesisError({ code: 'too-large', message, limitBytes });
  }
  const how = ending.killedBy === null ? `exit code ${ending.exit}` : `signal ${ending.killedBy}`;
  const message = `the reader stopped on this file (${how}); nothing was imported`;
  return new GenesisError({ code: 'unsupported', message }, { cause: ending.log.slice(-2000) });
};

/**
 * Runs one job in a sandboxed process of its own and resolves with its result. Rejects with the child's own `GenesisError`, or with one
 * that says how the child ended (crash, time, memory). The child is gone when this settles.
 */
export const runChild = async <Job extends ChildJob>(
  job: Job,
  options: ChildOptions,
): Promise<ChildResult<Job['kind']>> => {
  const { limits } = options;
  const { process: child, stagingFolder } =
    options.child ?? (await startChild(options.stagingFolder, limits, options));
  const [stdin, stdout, stderr, data] = child.stdio as unknown as [Writable, Readable, Readable, Readable];
  const ending: Ending = { exit: null, killedBy: null, reason: null, log: '' };
  const stop = (reason: Ending['reason']) => {
    ending.reason ??= reason;
    killGroup(child);
  };
  const cancel = () => stop('cancelled');
  let peak = 0;
  const watch = setInterval(() => {
    const memory = child.pid === undefined ? 0 : treeMemory(child.pid);
    if (memory > peak) {
      peak = memory;
      options.onMemory?.(peak);
    }
    if (memory > (limits.memoryMiB + overheadMiB) * 2 ** 20) stop('memory');
  }, 100);
  const deadline = setTimeout(() => stop('time'), limits.timeoutSeconds * 1000);
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted) cancel();

  let last: ChildMessage | null = null;
  const closed = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new GenesisError(
          { code: 'unavailable', message: 'the reader could not be started', retryAfterSeconds: 10 },
          { cause },
        ),
      );
    });
    child.once('close', (exit, killedBy) => {
      Object.assign(ending, { exit, killedBy });
      resolve();
    });
  });
  stderr.setEncoding('utf8').on('data', (text: string) => {
    ending.log = (ending.log + text).slice(-4000);
  });
  // A child that ends before it read its job closes the pipe; how it ended is told below.
  stdin.on('error', (error) => {
    ending.log += String(error);
  });
  const message: JobMessage = { job, stagingFolder, limits };
  stdin.end(JSON.stringify(message));
  createInterface({ input: stdout }).on('line', (line) => {
    try {
      const said = JSON.parse(line) as ChildMessage;
      if (said.type === 'progress') options.onProgress?.(said.progress);
      else if (said.type !== 'waiting') last = said;
    } catch (error) {
      ending.log += `unreadable answer: ${String(error)}`;
    }
  });
  const taking = options.onData === undefined ? Promise.resolve(void data.resume()) : options.onData(data);
  try {
    const [taken, ended] = await Promise.allSettled([
      taking.catch((error: unknown) => {
        stop('cancelled');
        throw error;
      }),
      closed,
    ]);
    if (ended.status === 'rejected') throw ended.reason;
    if (taken.status === 'rejected' && (last === null || (last as ChildMessage).type === 'result'))
      throw taken.reason;
  } finally {
    clearInterval(watch);
    clearTimeout(deadline);
    options.signal?.removeEventListener('abort', cancel);
    killGroup(child);
  }
  const answer = last as ChildMessage | null;
  if (ending.reason === null && answer?.type === 'result') return answer.result as ChildResult<Job['kind']>;
  if (ending.reason === null && answer?.type === 'failure') throw new GenesisError(answer.failure);
  throw failureOf(ending, limits);
};
