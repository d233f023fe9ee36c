import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { sendSignal } from '../slurm/processes.ts';

/** In the order in which they are ended. */
export const daemons = ['radosgw', 'ceph-osd', 'ceph-mon'] as const;
export type Daemon = (typeof daemons)[number];

const readGone = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // the daemon has ended, or never started
    return '';
  }
};

/** The process of a daemon that was started for this folder, while it runs. */
export function pidOf(folder: string, daemon: Daemon): number | undefined {
  const pid = Number(readGone(`${folder}/run/${daemon}.pid`).trim());
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const command = readGone(`/proc/${pid}/cmdline`).split('\0');
  const isOurs = command[0]?.split('/').pop() === daemon && command.includes(`${folder}/ceph.conf`);
  const isZombie = / Z /.test(readGone(`/proc/${pid}/stat`).replace(/^.*\)/, ''));
  return isOurs && !isZombie ? pid : undefined;
}

/** SIGTERM, and SIGKILL to what has not ended after some seconds; or SIGKILL at once. */
export async function endDaemon(folder: string, daemon: Daemon, at?: 'once'): Promise<void> {
  const steps = [['SIGTERM', 5] as const, ['SIGKILL', 5] as const].slice(at === 'once' ? 1 : 0);
  for (const [signal, seconds] of steps) {
    const pid = pidOf(folder, daemon);
    if (pid === undefined) return;
    sendSignal(pid, signal);
    for (let waited = 0; waited < seconds * 50; waited += 1) {
      if (pidOf(folder, daemon) === undefined) return;
      await pause(20);
    }
  }
  throw new Error(`${daemon} of ${folder} does not end`);
}
