import { kinds, type Result, type Trial } from './trial.ts';

const widths = [7, 10, 8, 10, 21, 9, 46];
const row = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, at) => String(cell).padEnd(widths[at] ?? 0))
    .join('')
    .trimEnd();

export const heading = row(['trial', 'while', 'store', 'killed', 'when', 'seconds', 'what was done']);

const where = ({ when }: Trial, killed: string): string =>
  'point' in when && killed === 'at the end' ? `${when.point} missed` : killed;

/** One trial, and what did not hold below it. */
export const lineOf = ({ trial, did, killed, seconds, broken }: Result): string =>
  [
    row([
      ...[trial.number + 1, trial.kind, trial.store, trial.victim],
      ...[where(trial, killed), seconds.toFixed(1), did, broken.length === 0 ? '' : 'FAILED'],
    ]),
    ...broken.slice(0, 10).map((what) => `       - ${what}`),
  ].join('\n');

/** How many of each kind held, and what was killed in them. */
export function tableOf(results: readonly Result[]): string {
  const of = kinds.map((kind) => results.filter(({ trial }) => trial.kind === kind));
  const line = (name: string, some: readonly Result[]): string => {
    const count = (holds: (result: Result) => boolean): number => some.filter(holds).length;
    const seconds = some.reduce((all, one) => all + one.seconds, 0) / Math.max(1, some.length);
    const victim = (one: string) => count(({ trial }) => trial.victim === one);
    const atPoint = count(({ trial, killed }) => 'point' in trial.when && killed !== 'at the end');
    return [
      ...[name, some.length, count(({ broken }) => broken.length === 0), atPoint],
      ...[victim('platform'), victim('database'), victim('store'), victim('both'), seconds.toFixed(1)],
    ]
      .map((cell) => String(cell).padEnd(10))
      .join('')
      .trimEnd();
  };
  const names = ['while', 'trials', 'held', 'at point', 'platform', 'database', 'store', 'both', 'seconds'];
  return [
    names
      .map((name) => name.padEnd(10))
      .join('')
      .trimEnd(),
    ...of.map((some, at) => line(kinds[at]!, some)).filter((_, at) => of[at]!.length > 0),
    line('all', results),
  ].join('\n');
}
