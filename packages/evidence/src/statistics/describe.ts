import type { DescribedMetric } from '@genesis/contracts';
import { bootstrapIntervals, type Statistic } from './bootstrap.ts';
import type { ArmsUnit, PredictionUnit } from './units.ts';

const everyUnit = (count: number): Int32Array => Int32Array.from({ length: count }, (_, index) => index);

/** Mean of `term` over the chosen units; null when none is chosen. */
const meanOf =
  (term: (index: number) => number): Statistic =>
  (chosen) => {
    if (chosen.length === 0) return null;
    let sum = 0;
    for (const index of chosen) sum += term(index);
    return sum / chosen.length;
  };

function described(
  units: number,
  seed: string,
  entries: readonly (readonly [string, Statistic])[],
): DescribedMetric[] {
  const intervals = bootstrapIntervals(
    units,
    entries.map(([, statistic]) => statistic),
    seed,
  );
  return entries.map(([name, statistic], index) => ({
    name,
    value: statistic(everyUnit(units)),
    interval: intervals[index] ?? null,
  }));
}

/**
 * Root mean square error, mean absolute error (both in the unit of the objective), coefficient of determination and,
 * when every prediction came with a spread, the share of measurements inside the central 95 % interval.
 */
export function describePrediction(units: readonly PredictionUnit[], seed: string): DescribedMetric[] {
  const error = (index: number) => units[index]!.y - units[index]!.mean;
  const meanSquare = meanOf((index) => error(index) ** 2);
  const meanMeasured = meanOf((index) => units[index]!.y);
  const rmse: Statistic = (chosen) => {
    const value = meanSquare(chosen);
    return value === null ? null : Math.sqrt(value);
  };
  const r2: Statistic = (chosen) => {
    const center = meanMeasured(chosen);
    if (center === null) return null;
    const spread = meanOf((index) => (units[index]!.y - center) ** 2)(chosen)!;
    return spread > 0 ? 1 - meanSquare(chosen)! / spread : null;
  };
  const entries: [string, Statistic][] = [
    ['rmse', rmse],
    ['mae', meanOf((index) => Math.abs(error(index)))],
    ['r2', r2],
  ];
  if (units.length > 0 && units.every((unit) => unit.covered !== null)) {
    entries.push(['coverage-95', meanOf((index) => units[index]!.covered!)]);
  }
  return described(units.length, seed, entries);
}

/** Mean paired difference, and the share of starts in which the clever arm ended strictly ahead. */
export const describeArms = (units: readonly ArmsUnit[], seed: string): DescribedMetric[] =>
  described(units.length, seed, [
    ['mean-difference', meanOf((index) => units[index]!.difference)],
    ['share-ahead', meanOf((index) => (units[index]!.difference > 0 ? 1 : 0))],
  ]);
