import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { exitCodes } from '../exit-codes.ts';
import { StepError } from '../failure.ts';

/** Entries of the platform. Named by their place, not imported: the command talks HTTP, as any user would. */
const entryOf = (name: 'server' | 'restore'): string =>
  join(import.meta.dirname, '..', '..', '..', 'platform', 'src', `${name}.ts`);

const stopSeconds = 35;

export type ServerProcess = {
  url: string;
  /** The file with the administrator's token. */
  tokenFile: string;
  /** Whether this start made the administrator. */
  created: boolean;
  /** The status with which the server ended. */
  ended: Promise<number>;
  /** Asks the server to stop, waits for it, and returns its status. */
  stop(): Promise<number>;
};

async function stop(child: ChildProcess, ended: Promise<number>): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const overdue = setTimeout(() => child.kill('SIGKILL'), stopSeconds * 1000);
  try {
    return await ended;
  } finally {
    clearTimeout(overdue);
  }
}

/**
 * Starts the server as a process of its own and returns once it answers. It has a process group of its own, so that
 * Ctrl-C reaches the command first; and it ends when its standard input closes, so that it never outlives the command.
 *
 * @throws StepError when it ends before it answers
 */
export async function startServer(options: {
  flags: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** Where its log goes: a file descriptor, or `inherit`. */
  log: number | 'inherit';
  signal: AbortSignal;
}): Promise<ServerProcess> {
  const { flags, env, log, signal } = options;
  const child = spawn(process.execPath, [entryOf('server'), ...flags, '--until-stdin-closes'], {
    env: { ...env },
    stdio: ['pipe', 'pipe', log],
    detached: true,
  });
  const ended = once(child, 'exit').then(([code]) => (code as number | null) ?? exitCodes.failed);
  const onAbort = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const lines = createInterface(child.stdout!);
    const ready = once(lines, 'line').then(([line]) => line as string);
    const first = await Promise.race([ready, ended]);
    if (typeof first === 'number') {
      signal.throwIfAborted();
      const exitCode = first === exitCodes.usage ? exitCodes.usage : exitCodes.failed;
      throw new StepError(`The server ended with status ${first} before it answered.`, { exitCode });
    }
    const { url, tokenFile, created } = JSON.parse(first) as Pick<
      ServerProcess,
      'url' | 'tokenFile' | 'created'
    >;
    return { url, tokenFile, created, ended, stop: async () => await stop(child, ended) };
  } catch (error) {
    await stop(child, ended);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export type Restored = { dataFolder: string; createdAt: string; tables: number; rows: number; files: number };

/**
 * Restores a backup in a process of its own, while no server runs.
 *
 * @throws StepError when nothing was restored; why is on standard error by then
 */
export async function runRestore(options: {
  archive: string;
  flags: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}): Promise<Restored> {
  const { archive, flags, env, signal } = options;
  const child = spawn(process.execPath, [entryOf('restore'), ...flags, '--', archive], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const onAbort = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });
  const [output, [code]] = await Promise.all([text(child.stdout!), once(child, 'exit')]);
  signal.removeEventListener('abort', onAbort);
  signal.throwIfAborted();
  if (code === 0) return JSON.parse(output) as Restored;
  throw new StepError('The backup was not restored.', {
    exitCode: code === exitCodes.usage ? exitCodes.usage : exitCodes.failed,
  });
}
