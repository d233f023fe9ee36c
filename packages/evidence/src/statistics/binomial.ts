/**
 * ln(n!) minus Stirling's leading terms, ln(n!) - (n + 1/2) ln n + n - ln(2 pi)/2: below 16 from the factorial
 * itself, above from the asymptotic series, whose next term is below 1e-17 there.
 */
function stirlingError(n: number): number {
  if (n < 16) {
    let logFactorial = 0;
    for (let i = 2; i <= n; i++) logFactorial += Math.log(i);
    return n === 0 ? 0 : logFactorial - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
  }
  const s = 1 / (n * n);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - (s * 691) / 360360))))) / n;
}

/** x ln(x / m) + m - x without cancellation near x = m: there by the series in v = (x - m) / (x + m). */
function deviance(x: number, m: number): number {
  const v = (x - m) / (x + m);
  if (Math.abs(v) >= 0.1) return x * Math.log(x / m) + m - x;
  // ln(x/m) = 2 atanh(v), and x - m = v (x + m), so the difference is a series of positive powers of v.
  let power = v;
  let sum = v * (x - m);
  for (let j = 1; j < 60; j++) {
    power *= v * v;
    const next = sum + (2 * x * power) / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/**
 * P(X = k) for X binomial(n, p), by the saddle-point expansion of C. Loader, "Fast and accurate computation of
 * binomial probabilities" (2000). Relative error below 1e-12 for n up to a million.
 */
export function binomialProbability(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const exponent =
    stirlingError(n) -
    stirlingError(k) -
    stirlingError(n - k) -
    deviance(k, n * p) -
    deviance(n - k, n * (1 - p));
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/** Sum of P(X = j) over j >= k, by ratios of neighbouring terms; k at or above the mean, so the terms fall. */
function fallingTail(k: number, n: number, p: number): number {
  let term = binomialProbability(k, n, p);
  let sum = term;
  for (let j = k; j < n; j++) {
    term *= ((n - j) / (j + 1)) * (p / (1 - p));
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** P(X >= k) for X binomial(n, p). */
export function binomialUpperTail(k: number, n: number, p: number): number {
  if (k <= 0 || p >= 1) return k > n ? 0 : 1;
  if (k > n || p <= 0) return 0;
  const tail = k >= n * p ? fallingTail(k, n, p) : 1 - fallingTail(n - k + 1, n, 1 - p);
  return Math.min(1, Math.max(0, tail));
}

/** P(X <= k) for X binomial(n, p). */
export const binomialLowerTail = (k: number, n: number, p: number): number =>
  binomialUpperTail(n - k, n, 1 - p);

/** Where an increasing function on [0, 1] crosses `level`, to the last bit. */
function solveIncreasing(rising: (p: number) => number, level: number): number {
  let lo = 0;
  let hi = 1;
  for (let i = 0; i < 200; i++) {
    const middle = (lo + hi) / 2;
    if (middle === lo || middle === hi) break;
    if (rising(middle) <= level) lo = middle;
    else hi = middle;
  }
  return lo;
}

/** The p at which P(X >= k) = alpha: the exact lower confidence bound of level 1 - alpha after k successes. */
export const binomialLowerBound = (k: number, n: number, alpha: number): number =>
  k <= 0 ? 0 : solveIncreasing((p) => binomialUpperTail(k, n, p), alpha);

/** The p at which P(X <= k) = alpha: the exact upper confidence bound of level 1 - alpha after k successes. */
export const binomialUpperBound = (k: number, n: number, alpha: number): number =>
  k >= n ? 1 : 1 - solveIncreasing((q) => binomialUpperTail(n - k, n, q), alpha);

/**
 * Whether a p-value reaches alpha. The relative slack of 1e-12 covers rounding when the two are mathematically equal
 * (0.5 to the fifth against 0.03125), so that the decision is the same on every machine.
 */
export const reaches = (pValue: number, alpha: number): boolean => pValue <= alpha * (1 + 1e-12);
