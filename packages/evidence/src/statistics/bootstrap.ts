import type { Interval } from '@genesis/contracts';
import { seededDraw } from './seeded.ts';

const resamples = 1000;
const level = 0.95;

/** A statistic of chosen units (indices, with repetitions); null where it is undefined. */
export type Statistic = (chosen: Int32Array) => number | null;

/**
 * Percentile bootstrap over units (Efron and Tibshirani, 1993, chapter 13): 1,000 resamples drawn by `seed`, level
 * 0.95. It describes; no verdict rests on it. Null below two units, or where a resample leaves the statistic
 * undefined.
 */
export function bootstrapIntervals(
  units: number,
  statistics: readonly Statistic[],
  seed: string,
): (Interval | null)[] {
  if (units < 2) return statistics.map(() => null);
  const draw = seededDraw(seed);
  const values = statistics.map(() => new Float64Array(resamples));
  const chosen = new Int32Array(units);
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < units; i++) chosen[i] = draw(units);
    statistics.forEach((statistic, index) => {
      values[index]![resample] = statistic(chosen) ?? Number.NaN;
    });
  }
  const low = Math.floor(((1 - level) / 2) * resamples);
  return values.map((column) => {
    const sorted = column.sort();
    if (Number.isNaN(sorted.at(-1))) return null;
    return { lo: sorted[low]!, hi: sorted[resamples - 1 - low]!, level };
  });
}
