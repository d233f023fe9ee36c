import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode } from './system-error.ts';

/** What PostgreSQL writes into `postmaster.pid`, as far as it is needed. */
export type Postmaster = { pid: number; socketFolder: string; port: number };

const readOrNothing = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

const parsePidFile = (text: string): Postmaster | undefined => {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 1 || !Number.isInteger(port)) return undefined;
  return { pid, port, socketFolder: lines[4]?.trim() ?? '' };
};

/** Whether the number is taken, even by a process that has ended and waits to be reaped. */
const isTaken = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
};

/** Whether a process with this id lives; one that has ended and only waits to be reaped does not. */
export const isAlive = async (pid: number): Promise<boolean> => {
  if (!isTaken(pid)) return false;
  const stat = await readOrNothing(`/proc/${pid}/stat`).catch(() => undefined);
  return stat === undefined || !/^\d+ \(.*\) [ZX] /s.test(stat);
};

/** PostgreSQL's processes stand in their data folder, so the working folder tells whose they are. */
const isPostgresOf = async (pid: number, dataFolder: string): Promise<boolean> => {
  try {
    const [place, program] = await Promise.all([readlink(`/proc/${pid}/cwd`), readlink(`/proc/${pid}/exe`)]);
    return place === dataFolder && basename(program).startsWith('postgres');
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ESRCH', 'EPERM'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
};

/** Every PostgreSQL process of this data folder. */
const processesOf = async (dataFolder: string): Promise<number[]> => {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid) && (await isPostgresOf(pid, dataFolder))) found.push(pid);
  }
  return found;
};

/**
 * The living server of `dataFolder` (a real path), left over from a process that crashed, or undefined.
 *
 * When there is none, everything that could stop a new one is out of the way on return: processes that outlived their
 * killed postmaster have ended (they are given three seconds, then killed), and a pid file whose number is taken by
 * another program, or by the dead server itself, is gone. The caller must hold the folder's lock.
 */
export const survivingPostmaster = async (dataFolder: string): Promise<Postmaster | undefined> => {
  const path = join(dataFolder, 'postmaster.pid');
  const text = await readOrNothing(path);
  const postmaster = text === undefined ? undefined : parsePidFile(text);
  if (postmaster && (await isPostgresOf(postmaster.pid, dataFolder)) && (await isAlive(postmaster.pid))) {
    return postmaster;
  }
  const started = Date.now();
  for (let left = await processesOf(dataFolder); left.length > 0; left = await processesOf(dataFolder)) {
    if (Date.now() - started > 3000) for (const pid of left) process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // PostgreSQL would take whatever has that number now for a living server.
  if (postmaster && isTaken(postmaster.pid)) await rm(path, { force: true });
  return undefined;
};
