import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of a second in /proc on Linux. */
const ticks = 100;

/** `seconds` are those of the processor so far. */
export type Running = ReadonlyMap<number, { parent: number; seconds: number }>;

/** Every process of the machine. */
export function running(): Running {
  const all = new Map<number, { parent: number; seconds: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const seconds = (Number(fields[11]) + Number(fields[12])) / ticks;
      all.set(Number(name), { parent: Number(fields[1]), seconds });
    } catch {
      // It ended meanwhile.
    }
  }
  return all;
}

/** These and everything that they began. */
export function childrenIncluded(all: Running, roots: Iterable<number>): Set<number> {
  const own = new Set(roots);
  for (let grown = true; grown; ) {
    const children = [...all].filter(([pid, { parent }]) => own.has(parent) && !own.has(pid));
    for (const [pid] of children) own.add(pid);
    grown = children.length > 0;
  }
  return own;
}

/** The Python processes that a process began, directly or not, and that name `module`. */
export function pythonsBelow(root: number, module: string): number[] {
  return [...childrenIncluded(running(), [root])].filter((pid) => {
    if (pid === root) return false;
    try {
      const [program, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return /(^|\/)python[\d.]*$/.test(program!) && words.some((word) => word.includes(module));
    } catch {
      return false;
    }
  });
}
