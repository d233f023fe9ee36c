import type { MetricRow } from './read.ts';

const width = 720;
const height = 420;
const plot = { left: 76, right: 700, top: 40, bottom: 360 };
/** Told apart by people who see colours otherwise, too (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#f0e442'];
export const mostCurves = colours.length;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Text of strangers as XML text; what XML does not allow is left out. */
const xml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (mark) => escapes[mark] ?? '');

const rounded = (pixel: number): number => Math.round(pixel * 10) / 10;
const figure = (value: number): string => String(Number(value.toPrecision(4)));

const endsOf = (values: readonly number[]): [number, number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low > high ? [0, 1] : [low, high];
};

/** Round values within the ends, about five of them. */
function ticksOf(low: number, high: number): number[] {
  const raw = (high - low || Math.abs(high) || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((digit) => digit * power >= raw) ?? 10) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high && ticks.length < 12; at++)
    ticks.push(Number((at * step).toPrecision(12)));
  return ticks;
}

export type Curve = { name: string; points: readonly Pick<MetricRow, 'step' | 'value'>[] };

/**
 * The curves of a tracked run as a picture: values over steps, one line for each metric, with a title and a description
 * for those who do not see it. It holds no script and refers to nothing. Points that are no finite number are left out.
 */
export function curvesPicture(title: string, curves: readonly Curve[]): string {
  const shown = curves.slice(0, mostCurves).map(({ name, points }) => ({
    name,
    points: points.filter(({ value }) => Number.isFinite(value)),
  }));
  const all = shown.flatMap(({ points }) => points);
  const [left, right] = endsOf(all.map(({ step }) => step));
  const [bottom, top] = endsOf(all.map(({ value }) => value));
  const x = (step: number) =>
    rounded(plot.left + ((step - left) / (right - left || 1)) * (plot.right - plot.left));
  // Divided before it is subtracted: the span of very large values is no number.
  const share = (value: number) => (value / 2 - bottom / 2) / (top / 2 - bottom / 2 || 1);
  const y = (value: number) => rounded(plot.bottom - share(value) * (plot.bottom - plot.top));
  const lines = shown.map(({ points }, at) => {
    const path = points
      .map(({ step, value }, index) => `${index === 0 ? 'M' : 'L'}${x(step)} ${y(value)}`)
      .join('');
    const dot =
      points.length === 1
        ? `<circle cx="${x(points[0]!.step)}" cy="${y(points[0]!.value)}" r="3" fill="${colours[at]}"/>`
        : '';
    return `<path d="${path}" fill="none" stroke="${colours[at]}" stroke-width="1.6"/>${dot}`;
  });
  const keys = shown.map(
    ({ name }, at) =>
      `<rect x="${plot.left + (at % 4) * 156}" y="${382 + Math.floor(at / 4) * 18}" width="12" height="4" fill="${colours[at]}"/><text x="${plot.left + 18 + (at % 4) * 156}" y="${388 + Math.floor(at / 4) * 18}">${xml(name.slice(0, 20))}</text>`,
  );
  const about = shown
    .map(({ name, points }) =>
      points.length === 0
        ? `${name}: no points`
        : `${name}: ${points.length} points, from ${figure(points[0]!.value)} to ${figure(points.at(-1)!.value)}`,
    )
    .join('; ');
  const rows = ticksOf(bottom, top);
  const columns = ticksOf(left, right);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d" font-family="sans-serif" font-size="12">
<title id="t">${xml(title)}</title>
<desc id="d">${xml(about || 'No metrics yet')}</desc>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${plot.left}" y="24" font-size="15" fill="#111">${xml(title.slice(0, 80))}</text>
<g stroke="#ddd">${rows.map((value) => `<path d="M${plot.left} ${y(value)}H${plot.right}"/>`).join('')}</g>
<path d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}" fill="none" stroke="#333"/>
<g fill="#333">${columns.map((step) => `<text x="${x(step)}" y="${plot.bottom + 16}" text-anchor="middle">${figure(step)}</text>`).join('')}${rows.map((value) => `<text x="${plot.left - 6}" y="${y(value) + 4}" text-anchor="end">${figure(value)}</text>`).join('')}${keys.join('')}</g>
${lines.join('\n')}
</svg>
`;
}
