import type { Hardware } from '@genesis/contracts';
import type { Inspection } from '../../ports.ts';

/** Name of the partition (the default one has a star), state, nodes, processors, memory, time limit, generic resources. */
export const inspectFormat = '%P|%T|%D|%c|%m|%l|%G';

/** States in which a node takes jobs, or will when those on it have ended (sinfo(1), "NODE STATE CODES"). */
const serving = /^(idle|mixed|allocated|completing|reserved|planned|blocked)/;

/** What a partition is, by its smallest node: a job that fits there fits everywhere. Of accelerators, by that with most. */
export function readInspection(text: string, partition: string | undefined): Inspection {
  const lines = text
    .split('\n')
    .map((line) => line.split('|'))
    .filter((fields) => fields.length === 7);
  const wanted = lines.filter(([name = '']) =>
    partition === undefined ? name.endsWith('*') : name.replace(/\*$/, '') === partition,
  );
  const own = wanted.length > 0 ? wanted : partition === undefined ? lines : [];
  if (own.length === 0)
    return { status: 'down', reason: `Slurm has no partition ${partition ?? 'that takes jobs'}.` };
  const nodes = (rows: readonly string[][]) =>
    rows.reduce((sum, [, , count = '']) => sum + (Number.parseInt(count, 10) || 0), 0);
  const all = nodes(own);
  const up = nodes(own.filter(([, state = '']) => serving.test(state)));
  const least = (field: number): number | null => {
    const values = own.map((fields) => Number.parseInt(fields[field] ?? '', 10)).filter(Number.isFinite);
    return values.length === 0 ? null : Math.min(...values);
  };
  const memory = least(4);
  const hardware: Hardware = {
    nodes: all,
    coresPerNode: least(3),
    memoryPerNode: memory === null ? null : memory * 2 ** 20,
    ...most(own.map((fields) => acceleratorsOf(fields[6] ?? ''))),
  };
  const states = [...new Set(own.map(([, state = '']) => state))].join(', ');
  if (up === 0) return { status: 'down', reason: `No node takes jobs: ${states}.`, hardware };
  if (up < all)
    return { status: 'degraded', reason: `${all - up} of ${all} nodes take no jobs: ${states}.`, hardware };
  return { status: 'up', reason: null, hardware };
}

type Accelerators = Pick<Hardware, 'acceleratorsPerNode' | 'acceleratorType'>;

/** Slurm finds the node that has as many as a job asks for. */
const most = (nodes: readonly Accelerators[]): Accelerators =>
  nodes.reduce((one, other) =>
    (other.acceleratorsPerNode ?? 0) > (one.acceleratorsPerNode ?? 0) ? other : one,
  );

/** `gpu:a100:4(S:0-1)` or `gpu:4`; several kinds separated by commas. */
export function acceleratorsOf(text: string): Accelerators {
  const match = /(?:^|,)gpu:(?:([A-Za-z][^:,(]*):)?(\d+)/.exec(text);
  if (match === null) return { acceleratorsPerNode: 0, acceleratorType: null };
  return { acceleratorsPerNode: Number(match[2]), acceleratorType: match[1] ?? null };
}
