/** What came of the trainings, for people. Pure. */
import type { Example } from './examples.ts';
import type { Line, Told } from './told.ts';
import type { Trained } from './train.ts';

/** Files that the chosen trainings need and that are not there, each once. */
export const missingFiles = (wanted: readonly Example[], isThere: (file: string) => boolean): string[] => [
  ...new Set(wanted.flatMap(({ files }) => files).filter((file) => !isThere(file))),
];

const figure = (value: number): string => String(Number(value.toPrecision(3)));

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const interval = (low: number | null | undefined, high: number | null | undefined): string =>
  low === null || low === undefined || high === null || high === undefined
    ? '-'
    : `${figure(low)} to ${figure(high)}`;

export function trainingTable(
  trained: readonly Trained[],
  failed: readonly { name: string; message: string }[],
): string {
  const rows = trained.map(({ name, about, rows: count, seconds, metric, model }) => [
    name,
    count === null ? '-' : String(count),
    figure(seconds / 60),
    metric === null ? '-' : `${metric.name} ${figure(metric.value)}`,
    interval(metric?.low, metric?.high),
    model,
    about,
  ]);
  const broken = failed.map(({ name, message }) => [
    ...[name, '-', '-', 'FAILED', '-', '-', message.split('\n')[0]!],
  ]);
  return columns([
    ['training', 'rows', 'minutes', 'metric', '95 % interval', 'model', 'of what'],
    ...rows,
    ...broken,
  ]);
}

export function curveTable(lines: readonly Line[], refused: readonly Told[]): string {
  const rows = lines.map(({ file, told, shape, size, value, low, high, truth, verdict }) => [
    file,
    told,
    shape === told ? size : `${size} (as ${shape})`,
    truth === null ? '-' : truth[0] === truth[1] ? figure(truth[0]) : interval(...truth),
    figure(value),
    interval(low, high),
    verdict,
  ]);
  const known = lines.filter(({ truth }) => truth !== null);
  const count = (wanted: Line['verdict']): number => known.filter(({ verdict }) => verdict === wanted).length;
  const otherwise = [...new Set(known.filter(({ told, shape }) => told !== shape).map(({ file }) => file))];
  return [
    columns([['curve', 'told first', 'size (Å)', 'known', 'told', '90 % interval', 'verdict'], ...rows]),
    ...refused.map(({ file, refused: why }) => `${file}: passed over: ${why}`),
    `Of ${known.length} known sizes ${count('within')} lie within their interval, ${count('partly')} partly, ${count('MISS')} are missed. Another shape than the known one was told first for: ${otherwise.join(', ') || 'none'}.`,
  ].join('\n');
}
