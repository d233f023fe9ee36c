import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readKernelFile } from './kernel-file.ts';
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

const gone = ['ENOENT', 'ESRCH'];
const hidden = ['EACCES', 'EPERM'];

/** The status of a process from its `stat`: its state and its parent; undefined where that cannot be read. */
const statusOf = (pid: number): { state: string; parent: number } | undefined => {
  let stat: string | null;
  try {
    stat = readKernelFile(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  const found = /^\d+ \(.*\) (\w) (\d+) /s.exec(stat ?? '');
  return found ? { state: found[1]!, parent: Number(found[2]) } : undefined;
};

/** Whether a process with this id lives; one that has ended and only waits to be reaped does not. */
export const isAlive = (pid: number): boolean => {
  if (!isTaken(pid)) return false;
  const state = statusOf(pid)?.state;
  return state === undefined || !'ZX'.includes(state);
};

/** Sends a signal; a process that has ended meanwhile needs none. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
};

/**
 * For root, who may run the server as another account, whose processes show their command line only: that of a server
 * names the data folder; the others count as ours when their server is gone, for then nobody else wants them.
 */
const looksLikePostgresOf = async (pid: number, dataFolder: string): Promise<boolean> => {
  if (process.getuid?.() !== 0) return false;
  const text = (await readOrNothing(`/proc/${pid}/cmdline`).catch(() => undefined)) ?? '';
  const words = text.split('\0');
  if (basename(words[0] ?? '') === 'postgres') return words[words.indexOf('-D') + 1] === dataFolder;
  if (!text.startsWith('postgres: ')) return false;
  const parent = statusOf(pid)?.parent ?? 0;
  const server = (await readOrNothing(`/proc/${parent}/cmdline`).catch(() => undefined)) ?? '';
  return basename(server.split('\0')[0] ?? '') !== 'postgres';
};

/** PostgreSQL's processes stand in their data folder, so the working folder tells whose they are. */
const isPostgresOf = async (pid: number, dataFolder: string): Promise<boolean> => {
  try {
    const [place, program] = await Promise.all([readlink(`/proc/${pid}/cwd`), readlink(`/proc/${pid}/exe`)]);
    return place === dataFolder && basename(program).startsWith('postgres');
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (hidden.includes(code)) return looksLikePostgresOf(pid, dataFolder);
    if (gone.includes(code)) return false;
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
  if (postmaster && (await isPostgresOf(postmaster.pid, dataFolder)) && isAlive(postmaster.pid)) {
    return postmaster;
  }
  const started = Date.now();
  for (let left = await processesOf(dataFolder); left.length > 0; left = await processesOf(dataFolder)) {
    if (Date.now() - started > 3000) for (const pid of left) signalProcess(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // PostgreSQL would take whatever has that number now for a living server.
  if (postmaster && isTaken(postmaster.pid)) await rm(path, { force: true });
  return undefined;
};
