import type { Axis, Curve } from './ingest/formats/model.ts';

const width = 720;
const height = 480;
const plot = { left: 84, right: 700, top: 48, bottom: 416 };

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
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const powerOfTen = (power: number): string =>
  `10${power < 0 ? '⁻' : ''}${String(Math.abs(power)).replace(/\d/g, (digit) => superscripts[Number(digit)] ?? '')}`;

type Scale = { log: boolean; place(value: number): number; ticks: { value: number; label: string }[] };

/** Whether values are better seen in powers of ten: nearly all are positive, and they span more than `span` times. */
const prefersLog = (values: readonly number[], span: number): boolean => {
  const positive = values.filter((value) => value > 0);
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const value of positive) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return positive.length >= 2 && positive.length > 0.8 * values.length && most / least > span;
};

const logScale = (low: number, high: number): Scale => {
  const margin = Math.max(0.03 * Math.log10(high / low), 0.02);
  const from = Math.log10(low) - margin;
  const to = Math.log10(high) + margin;
  const every = Math.max(1, Math.ceil((to - from) / 8));
  const powers = Array.from(
    { length: Math.floor(to) - Math.ceil(from) + 1 },
    (_, index) => Math.ceil(from) + index,
  );
  const ticks = powers
    .filter((power) => power % every === 0)
    .map((power) => ({ value: 10 ** power, label: powerOfTen(power) }));
  const ends = [low, high].map((value) => ({ value, label: String(Number(value.toPrecision(2))) }));
  return {
    log: true,
    place: (value) => (Math.log10(value) - from) / (to - from),
    ticks: ticks.length > 1 ? ticks : ends,
  };
};

const linearScale = (low: number, high: number): Scale => {
  const span = high - low || Math.abs(high) || 1;
  const [from, to] = [low - 0.03 * span, high + 0.03 * span];
  const raw = span / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((digit) => digit * power >= raw) ?? 10) * power;
  const ticks: Scale['ticks'] = [];
  for (let index = Math.ceil(from / step); index * step <= to && ticks.length < 12; index++) {
    ticks.push({ value: index * step, label: String(Number((index * step).toPrecision(6))) });
  }
  return { log: false, place: (value) => (value - from) / (to - from), ticks };
};

const scaleOf = (values: readonly number[], span: number): Scale => {
  const log = prefersLog(values, span);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values)
    if (!log || value > 0) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return log ? logScale(low, high) : linearScale(low, high);
};

const nameOf = ({ name, unit }: Axis): string => (unit === null || unit === '' ? name : `${name} (${unit})`);
const figure = (value: number): string => String(Number(value.toPrecision(4)));

/**
 * A measured curve as a picture: points with error bars, axes in powers of ten where the values ask for it, units at the axes, and
 * a title and description for those who do not see it. It holds no script and refers to nothing.
 */
export const curvePicture = (curve: Curve): string => {
  const x = scaleOf(
    curve.points.map(([place]) => place),
    10,
  );
  const y = scaleOf(
    curve.points.map(([, value]) => value),
    10,
  );
  const points = curve.points.filter(([place, value]) => (!x.log || place > 0) && (!y.log || value > 0));
  const share = (place: number) => Math.min(1, Math.max(0, place));
  const atX = (value: number) => rounded(plot.left + share(x.place(value)) * (plot.right - plot.left));
  const atY = (value: number) => rounded(plot.bottom - share(y.place(value)) * (plot.bottom - plot.top));
  const bars = points.flatMap(([place, value, error]) => {
    if (error === null || !(error > 0)) return [];
    const low = y.log && value - error <= 0 ? plot.bottom : atY(value - error);
    return [`M${atX(place)} ${low}V${atY(value + error)}`];
  });
  const marks = points.map(([place, value]) => `<circle cx="${atX(place)}" cy="${atY(value)}" r="2"/>`);
  const [first, last] = [curve.points[0], curve.points.at(-1)];
  const about = [
    `${curve.of} points${points.length < curve.of ? `, ${points.length} of them drawn` : ''}.`,
    `${nameOf(curve.x)} from ${figure(first?.[0] ?? 0)} to ${figure(last?.[0] ?? 0)}, ${x.log ? 'logarithmic' : 'linear'} axis.`,
    `${nameOf(curve.y)}, ${y.log ? 'logarithmic' : 'linear'} axis${bars.length > 0 ? ', with standard uncertainties' : ''}.`,
  ].join(' ');
  const middle = (plot.left + plot.right) / 2;
  const center = (plot.top + plot.bottom) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d" font-family="sans-serif" font-size="13">
<title id="t">${xml(curve.title)}</title>
<desc id="d">${xml(about)}</desc>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${plot.left}" y="28" font-size="16" fill="#111">${xml(curve.title.slice(0, 80))}</text>
<g stroke="#ddd">${y.ticks.map(({ value }) => `<path d="M${plot.left} ${atY(value)}H${plot.right}"/>`).join('')}${x.ticks.map(({ value }) => `<path d="M${atX(value)} ${plot.top}V${plot.bottom}"/>`).join('')}</g>
<path d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}" fill="none" stroke="#333"/>
<g fill="#333">${x.ticks.map(({ value, label }) => `<text x="${atX(value)}" y="${plot.bottom + 20}" text-anchor="middle">${xml(label)}</text>`).join('')}${y.ticks.map(({ value, label }) => `<text x="${plot.left - 8}" y="${atY(value) + 4}" text-anchor="end">${xml(label)}</text>`).join('')}
<text x="${middle}" y="${plot.bottom + 46}" text-anchor="middle">${xml(nameOf(curve.x))}</text>
<text x="20" y="${center}" text-anchor="middle" transform="rotate(-90 20 ${center})">${xml(nameOf(curve.y))}</text></g>
<path d="${bars.join('')}" stroke="#7a9cc6" fill="none"/>
<g fill="#1f4e8c">${marks.join('')}</g>
</svg>
`;
};
