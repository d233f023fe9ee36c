import { createRandom } from '../src/index.ts';

export type Estimate = { value: number; low: number; high: number };

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : 0.5 * (sorted[middle - 1]! + sorted[middle]!);
}

/** How many measurements it takes until the mean of the curves reaches the level; one more than all when never. */
export function levelReached(curves: readonly (readonly number[])[], level: number): number {
  const length = Math.min(...curves.map((curve) => curve.length));
  for (let i = 0; i < length; i++) {
    if (curves.reduce((sum, curve) => sum + curve[i]!, 0) / curves.length >= level - 1e-12) return i + 1;
  }
  return length + 1;
}

/** The number of the first measurement whose rank is below `size`; one more than all when none is. */
export function firstWithin(ranks: readonly number[], size: number): number {
  const index = ranks.findIndex((rank) => rank < size);
  return index < 0 ? ranks.length + 1 : index + 1;
}

/** A statistic over seeds with its 95 % percentile bootstrap interval (2,000 resamples of the seeds). */
export function bootstrap<Item>(
  items: readonly Item[],
  statistic: (sample: readonly Item[]) => number,
  seed: string,
): Estimate {
  const random = createRandom(`bootstrap ${seed}`);
  const draws = Array.from({ length: 2000 }, () =>
    statistic(items.map(() => items[random.integer(items.length)]!)),
  ).sort((a, b) => a - b);
  return { value: statistic(items), low: draws[49]!, high: draws[1949]! };
}
