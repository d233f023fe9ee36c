import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { exitCodes } from '../exit-codes.ts';
import { StepError } from '../failure.ts';

/** The entry of the server. Named by its place, not imported: the command talks to it over HTTP, as any user would. */
const entry = join(import.meta.dirname, '..', '..', '..', 'platform', 'src', 'server.ts');

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
  const child = spawn(process.execPath, [entry, ...flags, '--until-stdin-closes'], {
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
