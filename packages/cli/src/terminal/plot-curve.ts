import { figure, plain } from './plain.ts';

type Axis = { name: string; unit: string | null };

/** Whether an axis is better read in powers of ten: nearly all values are positive and they span more than ten times. */
const prefersLog = (values: readonly number[]): boolean => {
  const positive = values.filter((value) => value > 0);
  if (positive.length < 2 || positive.length <= 0.8 * values.length) return false;
  return positive.reduce((a, b) => Math.max(a, b)) / positive.reduce((a, b) => Math.min(a, b)) > 10;
};

const named = ({ name, unit }: Axis): string => plain(unit ? `${name} (${unit})` : name);

/** The eight dots of a braille character, by column and row from the top. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** A small picture of a curve in characters, with the ends of both axes. Steps and other counts want a linear axis. */
export function plotCurve(
  curve: { x: Axis; y: Axis; points: readonly (readonly [x: number, y: number])[] },
  { width = 60, height = 14, linearX = false } = {},
): string {
  const logX = !linearX && prefersLog(curve.points.map(([x]) => x));
  const logY = prefersLog(curve.points.map(([, y]) => y));
  const shown = curve.points.filter(([x, y]) => (!logX || x > 0) && (!logY || y > 0));
  if (shown.length === 0) return '(no points to draw)';
  const xs = shown.map(([x]) => (logX ? Math.log10(x) : x));
  const ys = shown.map(([, y]) => (logY ? Math.log10(y) : y));
  const ends = (values: readonly number[]) =>
    [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))] as const;
  const [left, right] = ends(xs);
  const [bottom, top] = ends(ys);
  const cells = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  for (const [index, x] of xs.entries()) {
    const y = ys[index] as number;
    const column = Math.round(((x - left) / (right - left || 1)) * (2 * width - 1));
    const row = Math.round(((top - y) / (top - bottom || 1)) * (4 * height - 1));
    const line = cells[row >> 2] as number[];
    line[column >> 1] = (line[column >> 1] as number) | (dots[column & 1]?.[row & 3] ?? 0);
  }
  const back = (value: number, log: boolean): string => figure(log ? 10 ** value : value);
  const marks = [back(top, logY), back(bottom, logY)];
  const margin = Math.max(...marks.map((mark) => mark.length));
  const lines = cells.map((line, row) => {
    const mark = row === 0 ? marks[0] : row === height - 1 ? marks[1] : '';
    return `${(mark ?? '').padStart(margin)} │${String.fromCodePoint(...line.map((bits) => 0x2800 + bits))}`;
  });
  const from = back(left, logX);
  const to = back(right, logX);
  const pad = ' '.repeat(margin + 2);
  return [
    `${named(curve.y)}${logY ? ', logarithmic' : ''}`,
    ...lines,
    `${' '.repeat(margin + 1)}└${'─'.repeat(width)}`,
    `${pad}${from}${to.padStart(Math.max(1, width - from.length))}`,
    `${pad}${named(curve.x)}${logX ? ', logarithmic' : ''}`,
  ].join('\n');
}
