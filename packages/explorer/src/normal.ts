/** Functions of the standard normal distribution, accurate in the tails. */

const SQRT_2PI = Math.sqrt(2 * Math.PI);
const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

export function density(z: number): number {
  return Math.exp(-0.5 * z * z) / SQRT_2PI;
}

/**
 * Mills' ratio (1 - Φ(x)) / φ(x) for x ≥ 0: a series of Φ near zero, else its continued fraction
 * (Abramowitz and Stegun, 26.2.10 and 26.2.14).
 */
export function millsRatio(x: number): number {
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    return 0.5 / density(x) - sum;
  }
  let fraction = 0;
  for (let k = x < 5 ? 90 : 40; k >= 1; k--) fraction = k / (x + fraction);
  return 1 / (x + fraction);
}

/** Φ(z). */
export function cumulative(z: number): number {
  return z < 0 ? density(z) * millsRatio(-z) : 1 - density(z) * millsRatio(z);
}

/** log Φ(z), finite for every finite z. */
export function logCumulative(z: number): number {
  if (z > 0) return Math.log1p(-density(z) * millsRatio(z));
  return -0.5 * z * z - LOG_SQRT_2PI + Math.log(millsRatio(-z));
}

/**
 * The logarithm of h(z) = φ(z) + z Φ(z), which expected improvement is the standard deviation times of
 * (Jones, Schonlau and Welch, J. Glob. Optim. 13, 1998; in logarithms: Ament et al., NeurIPS 2023).
 */
export function logImprovement(z: number): number {
  if (z > -1) return Math.log(density(z) + z * cumulative(z));
  const x = -z;
  // h(z) = φ(z) (1 - x m(x)) with Mills' ratio m; far out 1 - x m(x) = 1/x² - 3/x⁴ + 15/x⁶ - 105/x⁸ …
  const inverse = 1 / (x * x);
  const rest =
    x < 30
      ? 1 - x * millsRatio(x)
      : inverse * (1 - inverse * (3 - inverse * (15 - inverse * (105 - inverse * 945))));
  return -0.5 * z * z - LOG_SQRT_2PI + Math.log(rest);
}
