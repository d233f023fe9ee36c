import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const readGone = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // the process has ended, or belongs to somebody else: it is none of ours
    return '';
  }
};

const isZombie = (pid: number): boolean => / Z /.test(readGone(`/proc/${pid}/stat`).replace(/^.*\)/, ''));

/**
 * Processes that were started for one Slurm: its daemons name a file in its folder among their arguments, the
 * stewards of its jobs carry it in their environment. Jobs themselves are ended by those.
 */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      if (pid === process.pid || isZombie(pid)) return false;
      const command = readGone(`/proc/${pid}/cmdline`).split('\0');
      const program = (command[0] ?? '').split('/').pop() ?? '';
      if (/^(slurmctld|slurmd|munged)$/.test(program))
        return command.some((argument) => argument.includes(`${folder}/`));
      if (!program.startsWith('slurmstepd')) return false;
      return readGone(`/proc/${pid}/environ`).split('\0').includes(`SLURM_CONF=${folder}/slurm.conf`);
    });
}

/** Sends SIGTERM, and SIGKILL to what has not ended after some seconds. */
export async function endAll(folder: string): Promise<void> {
  for (const [signal, seconds] of [['SIGTERM', 8] as const, ['SIGKILL', 5] as const]) {
    for (const pid of processesOf(folder)) sendSignal(pid, signal);
    for (let waited = 0; waited < seconds * 20; waited += 1) {
      if (processesOf(folder).length === 0) return;
      await pause(50);
    }
  }
  throw new Error(`Processes of ${folder} do not end: ${processesOf(folder).join(', ')}`);
}

/** Nothing, when the process has ended in the meantime. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
