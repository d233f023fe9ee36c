/** Reading and ending the processes of one job through /proc. Source: proc(5). */

import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isAbsent, readKernelFile } from '../../../kernel/index.ts';

/** The kernel's clock for process times has 100 ticks a second on every architecture supported here. */
const ticksPerSecond = 100;
const pageBytes = 4096;

export type ProcessIdentity = { pid: number; startTicks: number; bootId: string };

export type TreeSample = {
  /** All processes below (and with) the root, without the root when it was left out. */
  pids: number[];
  threads: number;
  cpuSeconds: number;
  /** Sum of resident sizes: pages that processes share are counted for each of them. */
  residentBytes: number;
};

/** Fields of /proc/PID/stat after the name, which may itself hold spaces and parentheses; field 3 is index 0. */
const statFields = (text: string): string[] => text.slice(text.lastIndexOf(')') + 2).split(' ');

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** A process in a form that survives the reuse of its number; `null` when there is none. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const stat = readKernelFile(`/proc/${pid}/stat`);
  if (stat === null) return null;
  return { pid, startTicks: Number(statFields(stat)[19]), bootId: bootId() };
}

/** Whether that very process lives (a zombie does not). */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== bootId()) return false;
  const stat = readKernelFile(`/proc/${identity.pid}/stat`);
  if (stat === null) return false;
  const fields = statFields(stat);
  return Number(fields[19]) === identity.startTicks && fields[0] !== 'Z' && fields[0] !== 'X';
}

/** Direct children, also those that threads other than the first have made. */
export async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = threads.map((thread) => readKernelFile(`/proc/${pid}/task/${thread}/children`));
  return lists.flatMap((list) => (list ?? '').split(' ').filter(Boolean).map(Number));
}

/** Everything below `root`, at most `limit` processes: a tree that is larger is over its limit anyway. */
export async function sampleTree(root: number, limit: number): Promise<TreeSample> {
  const sample: TreeSample = { pids: [], threads: 0, cpuSeconds: 0, residentBytes: 0 };
  const queue = await childrenOf(root);
  for (let next = queue.pop(); next !== undefined && sample.pids.length <= limit; next = queue.pop()) {
    const stat = readKernelFile(`/proc/${next}/stat`);
    if (stat === null) continue;
    const fields = statFields(stat);
    const field = (index: number): number => Number(fields[index] ?? 0);
    sample.pids.push(next);
    sample.threads += field(17);
    sample.cpuSeconds += (field(11) + field(12) + field(13) + field(14)) / ticksPerSecond;
    sample.residentBytes += field(21) * pageBytes;
    queue.push(...(await childrenOf(next)));
  }
  return sample;
}

/** Proportional resident memory in bytes: pages that are shared are counted once in all. Slower than resident sizes. */
export async function proportionalBytes(pids: number[]): Promise<number> {
  let total = 0;
  for (const pid of pids) {
    // unlike the others it takes long for a large process
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch((error: unknown) => {
      if (isAbsent(error)) return null;
      throw error;
    });
    total += Number(/^Pss:\s+(\d+) kB$/m.exec(rollup ?? '')?.[1] ?? 0) * 1024;
  }
  return total;
}

/** Whether this kernel tells children (CONFIG_PROC_CHILDREN); without it no watchdog can follow a tree. */
export async function canFollowTrees(): Promise<boolean> {
  return readKernelFile(`/proc/${process.pid}/task/${process.pid}/children`) !== null;
}

/** Sends a signal; a process that has gone is no error, any other refusal is. */
export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const markName = 'GENESIS_JOB';

/** The environment that marks the processes of a job: an unsandboxed job's own, and bubblewrap's. */
export const markOf = (id: string): Record<string, string> => ({ [markName]: id });

/** Ends what is left of a job, wherever its processes have moved in the process tree; says how many there were. */
export function killMarked(id: string): number {
  const pids = findByEnvironment(`${markName}=${id}`);
  for (const pid of pids) signal(pid, 'SIGKILL');
  return pids.length;
}

/** Processes on this machine whose starting environment holds exactly this setting. */
function findByEnvironment(setting: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(setting);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // gone, or another user's: neither can be a job of this server
        if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return false;
        throw error;
      }
    });
}
