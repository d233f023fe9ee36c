/** Work for a worker thread. */
import { type RankedEntry, rankEntries } from '@genesis/evidence';
import type { UnitLosses } from './losses.ts';
import type { Metric } from './model.ts';

export type RankRequest = {
  metric: Metric;
  seed: string;
  entries: readonly { id: string; losses: UnitLosses }[];
};

/** Places of scored submissions. All were scored on the same rows, so that their units are the same. */
export function rank({ metric, seed, entries }: RankRequest): RankedEntry[] {
  const [first] = entries;
  if (first === undefined) return [];
  const { counts } = first.losses;
  return rankEntries(
    Int32Array.from(counts),
    entries.map(({ id, losses }) => ({ id, sums: Float64Array.from(losses.sums) })),
    metric === 'rmse' ? 'root' : 'mean',
    seed,
  );
}
