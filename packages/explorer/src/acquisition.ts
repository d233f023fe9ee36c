import { posterior } from './gaussian-process.ts';
import { logCumulative, logImprovement } from './normal.ts';
import { bend, standardise } from './outcome.ts';
import type { Surrogate } from './surrogate.ts';

/** log(exp(a) + exp(b)), for any mixture of finite and minus infinite arguments. */
function logAdd(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === -Infinity ? -Infinity : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}

/** log(exp(a) - exp(b)) for a ≥ b. */
function logSubtract(a: number, b: number): number {
  return a <= b ? -Infinity : a + Math.log(-Math.expm1(b - a));
}

/** The logarithm of the expected improvement over `best` of a normal variable that should be large. */
export function logExpectedImprovement(mean: number, variance: number, best: number): number {
  const spread = Math.sqrt(Math.max(variance, 1e-18));
  return Math.log(spread) + logImprovement((mean - best) / spread);
}

/**
 * The logarithm of the expected reduction of |y - target| below `distance`: with h(z) = φ(z) + zΦ(z) it is a second
 * difference of s·h, taken in logarithms on the side where the terms are small; where these cancel, the triangle
 * under it is integrated at its middle.
 */
export function logExpectedApproach(
  mean: number,
  variance: number,
  target: number,
  distance: number,
): number {
  if (!(distance > 0)) return -Infinity;
  const spread = Math.sqrt(Math.max(variance, 1e-18));
  // By symmetry the mean may be taken to lie above the target: all arguments are then in the lower tail.
  const offset = Math.abs(mean - target);
  const near = logImprovement((distance - offset) / spread);
  const middle = logImprovement(-offset / spread);
  const far = logImprovement((-distance - offset) / spread);
  const width = distance / spread;
  if (width < 1e-3)
    return Math.log(distance) + Math.log(width) - 0.5 * (offset / spread) ** 2 - 0.5 * Math.log(2 * Math.PI);
  const rest = logSubtract(logAdd(near, far), Math.LN2 + middle);
  return Math.log(spread) + rest;
}

/** The target in modelled values (the modelled values of a target are straight). */
export function modelledTarget(surrogate: Surrogate): number | undefined {
  const { goal, outcome } = surrogate;
  return goal.kind === 'target' ? bend(outcome.power, standardise(outcome, goal.value)) : undefined;
}

/** The logarithm of the probability that an experiment succeeds, at rows of features; zeros when none failed. */
export function logFeasibility(surrogate: Surrogate, rows: Float64Array): Float64Array {
  const width = surrogate.space.parameters.length;
  const { feasibility } = surrogate;
  if (feasibility === null) return new Float64Array(rows.length / width);
  const { mean, variance } = posterior(feasibility, rows);
  // Labels are 0.5 (success) and -1 (failure). The noise of the labels is left out: it stands for the jump at the
  // border, not for chance.
  return mean.map((m, i) => logCumulative(m / Math.sqrt(variance[i]! + 0.02)));
}
