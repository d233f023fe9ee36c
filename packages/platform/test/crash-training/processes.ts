import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** '' when the process is gone, or one that nobody may look at, which is none of a sandbox. */
function readOf(pid: number, file: string): string {
  try {
    return readFileSync(join('/proc', String(pid), file), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return '';
    throw error;
  }
}

/** Processes of the sandbox of a run: they carry its name in their environment. */
export const processesOfRun = (run: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readOf(pid, 'environ').split('\0').includes(`GENESIS_RUN=${run}`));

/** The process of the trainer itself, below the runner that started it. */
export const trainerOf = (run: string, word: string): number | undefined =>
  processesOfRun(run).find((pid) => {
    const command = readOf(pid, 'cmdline').split('\0');
    return (
      command.some((one) => one.endsWith(word)) && !command.some((one) => one.endsWith('genesis_run.py'))
    );
  });

const ticksInSecond = 100;

/** Processor time that a process has taken, in seconds; 0 when it is gone. */
export function processorSeconds(pid: number): number {
  const fields = readOf(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ');
  const [user = 0, system = 0] = [fields[11], fields[12]].map((ticks) => Number(ticks ?? 0));
  return (user + system) / ticksInSecond;
}
