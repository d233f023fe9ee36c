import type { DescribedMetric } from '@genesis/contracts';
import { seededUniform } from './seeded.ts';

const resamples = 1000;
const level = 0.95;

/**
 * Named statistics that are functions of means over units: `terms` holds one value a unit for each mean, `statistics`
 * combine the means (null where undefined).
 */
export type MeansModel = {
  units: number;
  terms: readonly Float64Array[];
  statistics: readonly { name: string; of: (means: Float64Array) => number | null }[];
};

function meansOf(terms: readonly Float64Array[], chosen: Int32Array): Float64Array {
  return Float64Array.from(terms, (values) => {
    let sum = 0;
    for (let place = 0; place < chosen.length; place++) sum += values[chosen[place]!]!;
    return sum / chosen.length;
  });
}

/**
 * Values with percentile bootstrap intervals over units (Efron and Tibshirani, "An Introduction to the Bootstrap",
 * 1993, chapter 13): 1,000 resamples drawn by `seed`, level 0.95. They describe; no verdict rests on them. Without a
 * unit there is no value; below two units, or where a resample leaves a statistic undefined, no interval.
 */
export function describeByBootstrap(model: MeansModel, seed: string): DescribedMetric[] {
  const { units, terms, statistics } = model;
  if (units === 0) return statistics.map(({ name }) => ({ name, value: null, interval: null }));
  const chosen = Int32Array.from({ length: units }, (_, index) => index);
  const means = meansOf(terms, chosen);
  const fill = seededUniform(seed);
  const columns = statistics.map(() => new Float64Array(resamples).fill(Number.NaN));
  for (let resample = 0; units > 1 && resample < resamples; resample++) {
    fill(chosen, units);
    const resampled = meansOf(terms, chosen);
    statistics.forEach(({ of }, index) => {
      columns[index]![resample] = of(resampled) ?? Number.NaN;
    });
  }
  const low = Math.floor(((1 - level) / 2) * resamples);
  return statistics.map(({ name, of }, index) => {
    // NaN sorts last.
    const sorted = columns[index]!.sort();
    const defined = !Number.isNaN(sorted[resamples - 1]);
    const interval = defined ? { lo: sorted[low]!, hi: sorted[resamples - 1 - low]!, level } : null;
    return { name, value: of(means), interval };
  });
}
