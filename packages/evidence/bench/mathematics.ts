import type { createRandom } from '@genesis/explorer';

export type Random = ReturnType<typeof createRandom>;

/** Standard normal distribution function, by Marsaglia's series (Journal of Statistical Software 11(4), 2004). */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let term = x;
  let sum = x;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return Math.min(1, Math.max(0, 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI)));
}

/** Inverse of `normalCdf`, by bisection. */
export function normalQuantile(p: number): number {
  let lo = -8;
  let hi = 8;
  for (let i = 0; i < 80; i++) {
    const middle = (lo + hi) / 2;
    if (normalCdf(middle) < p) lo = middle;
    else hi = middle;
  }
  return lo;
}

/** A distribution of noise that can be drawn from and whose distribution function is known exactly. */
export type Noise = {
  name: 'gaussian' | 'skewed' | 'heavy';
  draw(random: Random): number;
  cdf(x: number): number;
};

const lognormalMean = Math.exp(0.5);
/** Unit noises of mean 0: normal; log-normal less its mean; Student's t with 2 degrees of freedom (no variance). */
export const noises: readonly Noise[] = [
  { name: 'gaussian', draw: (random) => random.normal(), cdf: normalCdf },
  {
    name: 'skewed',
    draw: (random) => Math.exp(random.normal()) - lognormalMean,
    cdf: (x) => (x + lognormalMean <= 0 ? 0 : normalCdf(Math.log(x + lognormalMean))),
  },
  {
    name: 'heavy',
    draw: (random) => {
      const u = random.uniform() || 0.5;
      return (2 * u - 1) / Math.sqrt(2 * u * (1 - u));
    },
    cdf: (x) => 0.5 + x / (2 * Math.sqrt(2 + x * x)),
  },
];

/** A random smooth function on the unit square, values about in -2 … 2. */
export function smoothFunction(random: Random): (x: readonly [number, number]) => number {
  const waves = Array.from({ length: 3 }, () => ({
    size: 0.4 + 0.5 * random.uniform(),
    a: 1 + 3 * random.uniform(),
    b: 1 + 3 * random.uniform(),
    phase: 2 * Math.PI * random.uniform(),
  }));
  return ([x, y]) =>
    waves.reduce((sum, { size, a, b, phase }) => sum + size * Math.sin(a * x + b * y + phase), 0);
}

/** Ridge regression on random cosine features (Rahimi and Recht, 2007): a cheap model with a choice of its own. */
export function fitCosineRidge(
  designs: readonly (readonly [number, number])[],
  values: readonly number[],
  random: Random,
): (x: readonly [number, number]) => number {
  const size = 8;
  const waves = Array.from({ length: size }, () => [
    3 * random.normal(),
    3 * random.normal(),
    6.283 * random.uniform(),
  ]);
  const features = (x: readonly [number, number]): number[] =>
    waves.map(([a, b, phase]) => Math.cos(a! * x[0] + b! * x[1] + phase!));
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  const rows = designs.map(features);
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) =>
      rows.reduce((sum, row) => sum + row[i]! * row[j]!, i === j ? 1 : 0),
    ),
    rows.reduce((sum, row, k) => sum + row[i]! * (values[k]! - center), 0),
  ]);
  // Gauss-Jordan elimination; the ridge keeps every pivot at 1 or above.
  for (let pivot = 0; pivot < size; pivot++) {
    const row = system[pivot]!;
    for (let other = 0; other < size; other++) {
      if (other === pivot) continue;
      const factor = system[other]![pivot]! / row[pivot]!;
      for (let j = pivot; j <= size; j++) system[other]![j]! -= factor * row[j]!;
    }
  }
  const weights = system.map((row, i) => row[size]! / row[i]!);
  return (x) => features(x).reduce((sum, feature, i) => sum + feature * weights[i]!, center);
}
