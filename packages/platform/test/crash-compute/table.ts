import { wordsOf } from './schedule.ts';
import type { Result } from './trial.ts';

const columns = [5, 10, 19, 9, 34, 8, 8, 6, 8];
const row = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, at) =>
      at >= 1 && at <= 4 && at !== 3
        ? String(cell).padEnd(columns[at]!)
        : String(cell).padStart(columns[at]!),
    )
    .join('  ');

export const heading = row([
  ...['trial', 'killed', 'at', 'succeeded', 'failed', 'unknown', 'twice', 'left', 'seconds'],
]);

/** A trial in one line; `twice` is of user code that started again without its first start being on record as lost. */
export function lineOf(result: Result): string {
  const { trial, killed, failed, succeeded, unknown, startedTwice, leftOver, seconds, broken } = result;
  const reasons = Object.entries(failed).map(([why, count]) => `${count} ${why}`);
  return [
    row([
      ...[trial.number + 1, trial.kind, `${wordsOf(trial.when)}${killed ? '' : ' (not)'}`, succeeded],
      ...[reasons.join(', ') || '0', unknown, startedTwice, leftOver, seconds.toFixed(1)],
    ]),
    broken.length === 0 ? '' : '  FAILED',
  ].join('');
}
