import type { DescribedMetric } from '@genesis/contracts';
import { describeByBootstrap, type MeansModel } from './bootstrap.ts';
import type { ArmsUnit, PredictionUnit } from './units.ts';

/**
 * Root mean square error, mean absolute error (both in the unit of the objective), coefficient of determination and,
 * when every prediction came with a spread, the share of measurements inside the central 95 % interval.
 */
export function describePrediction(units: readonly PredictionUnit[], seed: string): DescribedMetric[] {
  const term = (of: (unit: PredictionUnit) => number): Float64Array => Float64Array.from(units, of);
  // The variance of what was measured is taken about a fixed centre, so that large offsets do not cancel.
  const centre = units.reduce((sum, { y }) => sum + y, 0) / Math.max(1, units.length);
  const terms = [
    term(({ y, mean }) => (y - mean) ** 2),
    term(({ y, mean }) => Math.abs(y - mean)),
    term(({ y }) => y - centre),
    term(({ y }) => (y - centre) ** 2),
  ];
  const statistics: MeansModel['statistics'][number][] = [
    { name: 'rmse', of: (means) => Math.sqrt(means[0]!) },
    { name: 'mae', of: (means) => means[1]! },
    {
      name: 'r2',
      of: (means) => {
        const spread = means[3]! - means[2]! ** 2;
        return spread > 0 ? 1 - means[0]! / spread : null;
      },
    },
  ];
  if (units.length > 0 && units.every((unit) => unit.covered !== null)) {
    terms.push(term(({ covered }) => covered!));
    statistics.push({ name: 'coverage-95', of: (means) => means[4]! });
  }
  return describeByBootstrap({ units: units.length, terms, statistics }, seed);
}

/** Mean paired difference, and the share of starts in which the clever arm ended strictly ahead. */
export const describeArms = (units: readonly ArmsUnit[], seed: string): DescribedMetric[] =>
  describeByBootstrap(
    {
      units: units.length,
      terms: [
        Float64Array.from(units, ({ difference }) => difference),
        Float64Array.from(units, ({ difference }) => (difference > 0 ? 1 : 0)),
      ],
      statistics: [
        { name: 'mean-difference', of: (means) => means[0]! },
        { name: 'share-ahead', of: (means) => means[1]! },
      ],
    },
    seed,
  );
