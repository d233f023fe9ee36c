import { type ChildProcess, spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import type { IngestLimits } from './model.ts';
import { childCommand, confinement } from './sandbox.ts';

/** A sandboxed child over one staging folder (a real path), which waits for its one job. */
export type StartedChild = { process: ChildProcess; stagingFolder: string };

/** `readOnly`: it may change nothing in the folder. `loads`: it loads what such a job needs before its job comes, and says so. */
export const startChild = async (
  folder: string,
  limits: IngestLimits,
  { readOnly = false, loads }: { readOnly?: boolean; loads?: 'slice' } = {},
): Promise<StartedChild> => {
  const stagingFolder = await realpath(folder);
  const [program = '', ...args] = childCommand(stagingFolder, limits, await confinement(), readOnly);
  const child = spawn(program, [...args, ...(loads === undefined ? [] : [loads])], {
    cwd: stagingFolder,
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  return { process: child, stagingFolder };
};

/** Kills the child and all that it started: it leads a process group of its own. */
export const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
