const SMALL_MEAN = 10;
const HALF_LOG_TWO_PI = 0.918_938_533_204_672_8;

/**
 * One Poisson variate, exact in distribution for every finite mean from 0 on.
 *
 * Below a mean of 10 by inversion (summing the probabilities), from 10 on by transformed rejection with
 * squeeze (Hörmann, Insurance: Mathematics and Economics 12, 39-45, 1993, algorithm PTRS), whose cost does
 * not grow with the mean. `uniform` returns numbers on the open interval (0, 1).
 */
export function poisson(mean: number, uniform: () => number): number {
  if (!(mean >= 0) || mean === Number.POSITIVE_INFINITY) {
    throw new RangeError(`mean of a Poisson variate: got ${mean}; allowed: finite, at least 0`);
  }
  return mean < SMALL_MEAN ? byInversion(mean, uniform) : byTransformedRejection(mean, uniform);
}

function byInversion(mean: number, uniform: () => number): number {
  let rest = uniform();
  let probability = Math.exp(-mean);
  let k = 0;
  while (rest > probability) {
    rest -= probability;
    k++;
    probability *= mean / k;
    // Rounding may leave a sliver beyond the last probability that a double can show.
    if (probability === 0) return k;
  }
  return k;
}

function byTransformedRejection(mean: number, uniform: () => number): number {
  const logMean = Math.log(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const left = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (left <= k * logMean - mean - logFactorial(k)) return k;
  }
}

/** ln(k!) for integers k >= 0, within 1e-13 relative: sums below 16, Stirling's series above. */
export function logFactorial(k: number): number {
  if (k < 16) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const n = k + 1;
  const inverse = 1 / n;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (n - 0.5) * Math.log(n) - n + HALF_LOG_TWO_PI + series;
}
