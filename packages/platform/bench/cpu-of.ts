import { readFileSync, readlinkSync } from 'node:fs';
import { childrenIncluded, running } from './processes.ts';

function belongs(pid: number, folder: string): boolean {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(folder)) return true;
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
}

/**
 * Processor seconds so far of a platform: of every process that names its data folder or works in it (the database too), and of their
 * children. Whatever else runs on the machine does not count.
 */
export function cpuOf(folder: string): number {
  const all = running();
  const own = [...all.keys()].filter((pid) => pid !== process.pid && belongs(pid, folder));
  return [...childrenIncluded(all, own)].reduce((sum, pid) => sum + (all.get(pid)?.seconds ?? 0), 0);
}
