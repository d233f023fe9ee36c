/** What a partition can run at once, read from sinfo. */
import { acceleratorsOf } from './inspect.ts';

/** Nodes that are alike, and the longest time that a job may have; null: no limit. */
export type Partition = {
  nodes: { count: number; cpus: number; mebibytes: number; gpus: number }[];
  seconds: number | null;
};

/** Name of the partition (the default one has a star), number of nodes, processors, memory, time limit, generic resources. */
export const partitionFormat = '%P|%D|%c|%m|%l|%G';

export function readPartition(text: string): Partition {
  const lines = text
    .split('\n')
    .map((line) => line.split('|'))
    .filter((fields) => fields.length === 6);
  const byDefault = lines.filter(([name]) => name?.endsWith('*'));
  // asked for one partition by name, there is no other; of several the default one takes jobs
  const own = byDefault.length > 0 && new Set(lines.map(([name]) => name)).size > 1 ? byDefault : lines;
  return {
    nodes: own.map(([, count = '', cpus = '', mebibytes = '', , gres = '']) => ({
      count: Number.parseInt(count, 10) || 0,
      // "16+" stands for nodes that have 16 or more
      cpus: Number.parseInt(cpus, 10) || 0,
      mebibytes: Number.parseInt(mebibytes, 10) || 0,
      gpus: acceleratorsOf(gres).acceleratorsPerNode ?? 0,
    })),
    seconds: secondsOf(own[0]?.[4] ?? ''),
  };
}

/** Slurm's [days-][[hours:]minutes:]seconds; null for "infinite" and whatever else is no time. */
function secondsOf(text: string): number | null {
  const match = /^(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)$/.exec(text.trim());
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
