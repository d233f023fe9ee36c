import type { ObjectiveReport } from './model.ts';
import { interval, percent, quantity } from './numbers.ts';
import { shortened } from './text.ts';

type Known = { words: string; unit: 'objective' | 'share' | 'none' };

/** Figures that the platform computes; others keep the name that they came with. */
const known = new Map<string, Known>([
  ['rmse', { words: 'Root mean square error', unit: 'objective' }],
  ['mae', { words: 'Mean absolute error', unit: 'objective' }],
  ['r2', { words: 'Coefficient of determination R²', unit: 'none' }],
  ['coverage-95', { words: 'Measurements inside the 95 % interval', unit: 'share' }],
  ['mean-difference', { words: 'Mean lead of the clever arm', unit: 'objective' }],
  ['share-ahead', { words: 'Starts in which the clever arm ended ahead', unit: 'share' }],
]);

export const metricName = (name: string): string => known.get(name)?.words ?? shortened(name, 60);

export const metricUnit = (name: string, objective: ObjectiveReport): string | null =>
  known.get(name)?.unit === 'objective' ? objective.unit : null;

export function metricValue(name: string, value: number | null, objective: ObjectiveReport): string {
  if (value === null) return 'not known';
  return known.get(name)?.unit === 'share' ? percent(value) : quantity(value, metricUnit(name, objective), 3);
}

export function metricInterval(name: string, lo: number | null, hi: number | null): string {
  if (lo === null || hi === null) return 'not known';
  return known.get(name)?.unit === 'share' ? `${percent(lo)} to ${percent(hi)}` : interval(lo, hi);
}
