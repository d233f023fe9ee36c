import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Ticks of a second in /proc on Linux. */
const ticks = 100;

function statOf(pid: string): { parent: string; seconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: fields[1]!, seconds: (Number(fields[11]) + Number(fields[12])) / ticks };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

function belongs(pid: string, folder: string): boolean {
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
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const stats = new Map(
    all.flatMap((pid) => {
      const stat = statOf(pid);
      return stat === undefined ? [] : [[pid, stat] as const];
    }),
  );
  const own = new Set(all.filter((pid) => belongs(pid, folder)));
  for (let grown = true; grown; ) {
    const children = [...stats].filter(([pid, { parent }]) => own.has(parent) && !own.has(pid));
    for (const [pid] of children) own.add(pid);
    grown = children.length > 0;
  }
  return [...own].reduce((sum, pid) => sum + (stats.get(pid)?.seconds ?? 0), 0);
}
