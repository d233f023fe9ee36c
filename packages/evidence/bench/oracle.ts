import { planTest } from '../src/index.ts';
import { normalCdf, normalQuantile } from './mathematics.ts';

/** P(X = k) for X binomial(n, p), summed directly: independent of the code under test. */
function binomialPoint(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  let log = 0;
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  return Math.exp(log + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/**
 * Power of the uniformly most powerful level-alpha test of "probability <= boundary" on n Bernoulli results (Lehmann
 * and Romano, "Testing Statistical Hypotheses", theorem 3.4.1 and example 3.4.2): it knows that the results are
 * independent Bernoulli draws, sees all of them, and randomises at the edge so that its level is alpha exactly. For
 * arms the results are the signs of the differences from the boundary, and `boundary` is 1/2.
 */
export function oraclePower(question: { boundary: number; truth: number; alpha: number }, n: number): number {
  const plan = planTest(question, n);
  const edge = plan.criticalValue - 1;
  const share = (question.alpha - plan.attainedAlpha) / binomialPoint(edge, n, question.boundary);
  return Math.min(1, plan.power + share * binomialPoint(edge, n, question.truth));
}

/** Power of the z-test with known spread on Gaussian differences whose share above the boundary is `truth`. */
export const gaussianPower = (truth: number, alpha: number, n: number): number =>
  normalCdf(Math.sqrt(n) * normalQuantile(truth) - normalQuantile(1 - alpha));

/** Whether Wilcoxon's signed-rank test (normal approximation) puts the centre above 0 at alpha. For comparison only. */
export function signedRankRejects(differences: readonly number[], alpha: number): boolean {
  const n = differences.length;
  const ranked = [...differences].sort((a, b) => Math.abs(a) - Math.abs(b));
  const positive = ranked.reduce((sum, value, index) => sum + (value > 0 ? index + 1 : 0), 0);
  const mean = (n * (n + 1)) / 4;
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  return (positive - mean) / spread > normalQuantile(1 - alpha);
}

/** Whether the mean lies above 0 by the normal approximation of its studentised value. For comparison only. */
export function studentRejects(differences: readonly number[], alpha: number): boolean {
  const n = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return mean / Math.sqrt(variance / n) > normalQuantile(1 - alpha);
}
