import { GenesisError } from '@genesis/contracts';
import { canonicalHash } from '@genesis/evidence';
import type { Metric, Prediction, Row, Score, TaskSettings } from './model.ts';

/** Losses by unit, in the order of their names, which are hashes of the key columns. */
export type UnitLosses = { counts: number[]; sums: number[] };

/** Whether a model named the category that a cell holds. Kits name yes and no, and numbers, in their language's way. */
function isSameCategory(truth: Row[string], value: number | string): boolean {
  const named = String(value).trim();
  if (typeof truth === 'boolean')
    return (truth ? ['true', '1'] : ['false', '0']).includes(named.toLowerCase().replace(/\.0$/, ''));
  if (typeof truth === 'number') return named !== '' && Number(named) === truth;
  return String(truth).trim() === named;
}

const lossOf = (metric: Metric, truth: Row[string], { value }: Prediction): number => {
  if (metric === 'error-rate') return isSameCategory(truth, value) ? 0 : 1;
  const difference = Number(truth) - Number(value);
  return metric === 'mae' ? Math.abs(difference) : difference * difference;
};

/** Whether a row can be scored: one without a result tells nothing of any model, and is left out for all of them alike. */
const hasTruth = (metric: Metric, truth: Row[string] | undefined): boolean =>
  metric === 'error-rate' ? truth !== null && truth !== undefined : Number.isFinite(truth);

/** Sealed rows that count, in their order. */
export const scorable = (rows: readonly Row[], { target, metric }: TaskSettings): Row[] =>
  rows.filter((row) => hasTruth(metric, row[target]));

const failed = (message: string): GenesisError => new GenesisError({ code: 'unsupported', message });

/**
 * @param rows all of them scorable
 * @throws GenesisError `unsupported` when the predictions are not one usable value for each row
 */
export function lossesOf(
  rows: readonly Row[],
  predictions: readonly Prediction[],
  { target, metric, keyColumns }: TaskSettings,
): { losses: UnitLosses; score: Score } {
  if (predictions.length !== rows.length)
    throw failed(`it gave ${predictions.length} predictions for ${rows.length} rows`);
  const unusable = predictions.filter(({ value }) =>
    metric === 'error-rate' ? value === '' : typeof value !== 'number' || !Number.isFinite(value),
  ).length;
  if (unusable > 0) throw failed(`it gave no usable prediction for ${unusable} of ${rows.length} rows`);
  const units = new Map<string, { count: number; sum: number }>();
  let within = 0;
  let of = 0;
  rows.forEach((row, index) => {
    const prediction = predictions[index]!;
    const truth = row[target] ?? null;
    const unit = canonicalHash(keyColumns.map((name) => row[name] ?? null));
    const before = units.get(unit) ?? { count: 0, sum: 0 };
    units.set(unit, { count: before.count + 1, sum: before.sum + lossOf(metric, truth, prediction) });
    const { lower, upper } = prediction;
    if (lower === undefined || upper === undefined) return;
    of++;
    if (Number(truth) >= lower && Number(truth) <= upper) within++;
  });
  const sorted = [...units].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, unit]) => unit);
  return {
    losses: { counts: sorted.map(({ count }) => count), sums: sorted.map(({ sum }) => sum) },
    score: { rows: rows.length, units: sorted.length, covered: of === 0 ? null : { within, of } },
  };
}
