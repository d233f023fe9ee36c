import { number, powerOfTen } from '../numbers.ts';

// Small functions of our own instead of a charting library: five kinds of picture need a scale, ticks and paths as
// strings; libraries bring a DOM or scripts, and write markup that the page's content policy and escaping do not cover.

/** Where a value lies between the ends of an axis, 0 to 1, and the marks along it. */
export type Scale = {
  readonly min: number;
  readonly max: number;
  place(value: number): number;
  readonly ticks: readonly { value: number; label: string }[];
};

const largest = Number.MAX_VALUE;
const clamp = (value: number): number => Math.min(largest, Math.max(-largest, value));

/** Least and greatest of finite numbers; null without any. */
export function extent(values: Iterable<number>): [number, number] | null {
  let range: [number, number] | null = null;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (range === null) range = [value, value];
    else if (value < range[0]) range[0] = value;
    else if (value > range[1]) range[1] = value;
  }
  return range;
}

/** The largest of 1, 2 and 5 times a power of ten that is at most `step`. */
function niceBelow(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const ratio = step / power;
  return (ratio >= 5 ? 5 : ratio >= 2 ? 2 : 1) * power;
}

/** Multiples of a round step in the range, about `wanted` of them; the two ends where rounding leaves no room. */
function niceTicks(min: number, max: number, wanted: number, whole: boolean): number[] {
  const step = niceBelow((max / wanted - min / wanted) * 1.5);
  const used = whole ? Math.max(1, Math.round(step)) : step;
  const first = Math.ceil(min / used);
  const count = Math.floor(max / used) - first + 1;
  if (!(used > 0) || !Number.isSafeInteger(first) || !(count >= 2 && count <= 4 * wanted)) return [min, max];
  return Array.from({ length: count }, (_, i) => (first + i) * used).filter(Number.isFinite);
}

/** Digits that tell neighbouring marks apart. */
function labels(values: readonly number[]): { value: number; label: string }[] {
  const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const step = values.length > 1 ? Math.abs(values[1]! / 2 - values[0]! / 2) * 2 : size;
  const digits = size > 0 && step > 0 ? Math.ceil(Math.log10(size / step)) + 2 : 3;
  const kept = Math.min(12, Math.max(2, digits));
  return values.map((value) => ({ value, label: number(Number(value.toPrecision(kept)), kept) }));
}

/** A straight axis over the range, widened by `margin` of it on both sides. Works up to the largest numbers. */
export function linearScale(
  range: readonly [number, number],
  options: { margin?: number; ticks?: number; whole?: boolean } = {},
): Scale {
  const { margin = 0.05, ticks = 5, whole = false } = options;
  const [low, high] = range;
  const same = Math.abs(low) > 0 ? Math.abs(low) * 0.05 : 1;
  const half = low === high ? same : (high / 2 - low / 2) * 2 * margin;
  const around = Number.isFinite(half) ? half : 0;
  const apart = high / 2 + around / 2 > low / 2 - around / 2;
  const min = clamp(apart ? low - around : low - 1);
  const max = clamp(apart ? high + around : high + 1);
  const size = Math.max(Math.abs(min), Math.abs(max));
  const span = max / size - min / size;
  return {
    min,
    max,
    place: (value) => (value / size - min / size) / span,
    ticks: labels(niceTicks(min, max, ticks, whole)),
  };
}

/** An axis of powers of ten. The range must be positive. */
export function logScale(range: readonly [number, number]): Scale {
  const low = Math.log10(range[0]);
  const high = Math.log10(range[1]);
  const margin = Math.max(0.05 * (high - low), 0.05);
  const from = low - margin;
  const to = high + margin;
  const decades = Math.floor(to) - Math.ceil(from) + 1;
  const every = Math.max(1, Math.ceil(decades / 7));
  const powers = Array.from({ length: Math.max(0, decades) }, (_, i) => Math.ceil(from) + i);
  const label = (value: number): string => number(value, 2);
  const inside = (value: number): boolean =>
    value > 0 && Math.log10(value) >= from && Math.log10(value) <= to;
  const apart = powers.filter((power) => power % every === 0);
  const big = apart.some((power) => Math.abs(power) > 4);
  const ticks =
    decades >= 3
      ? apart.map((power) => ({ value: 10 ** power, label: big ? powerOfTen(power) : label(10 ** power) }))
      : [Math.floor(from), ...powers].flatMap((power) =>
          [1, 2, 5].map((digit) => ({ value: digit * 10 ** power, label: label(digit * 10 ** power) })),
        );
  return {
    min: 10 ** from,
    max: Math.min(largest, 10 ** to),
    place: (value) => (Math.log10(value) - from) / (to - from),
    ticks: ticks.filter(({ value }) => inside(value)),
  };
}
