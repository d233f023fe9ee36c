import { requireThat } from './errors.ts';
import { encodeDesigns } from './features.ts';
import { restore, unbend } from './outcome.ts';
import { assertDesign, type Design } from './space.ts';
import { memberPosteriors, type Surrogate } from './surrogate.ts';

/**
 * Nodes and weights of 16-point Gauss-Hermite quadrature for a standard normal, found by Newton's method on the
 * normalised Hermite recurrence (Abramowitz and Stegun, 25.4.46).
 */
const QUADRATURE = gaussHermite(16);

function gaussHermite(points: number): { node: number; weight: number }[] {
  const result: { node: number; weight: number }[] = [];
  // The polynomials' roots interlace: bracket them by sign changes on a fine grid, then bisect.
  const value = (x: number): { at: number; before: number } => {
    let before = 0;
    let at = 1;
    for (let k = 1; k <= points; k++)
      [before, at] = [at, (x * at - Math.sqrt(k - 1) * before) / Math.sqrt(k)];
    return { at, before };
  };
  const limit = 2 * Math.sqrt(points);
  const step = 0.01;
  for (let left = -limit - step / 3; left < limit; left += step) {
    let low = left;
    let high = left + step;
    const sign = Math.sign(value(low).at);
    if (sign === Math.sign(value(high).at)) continue;
    for (let k = 0; k < 60; k++) {
      const middle = 0.5 * (low + high);
      if (Math.sign(value(middle).at) === sign) low = middle;
      else high = middle;
    }
    const node = 0.5 * (low + high);
    result.push({ node, weight: 1 / (points * value(node).before ** 2) });
  }
  return result;
}

/**
 * Posterior mean and standard deviation of the noise-free objective at each design, and the standard deviation of a
 * measurement's noise (at the middle of the values), all in units of the objective.
 */
export function predict(
  surrogate: Surrogate,
  designs: readonly Design[],
): { mean: Float64Array; sd: Float64Array; noiseSd: number } {
  requireThat(Array.isArray(designs), 'designs', 'must be an array');
  for (const [i, design] of designs.entries()) assertDesign(surrogate.space, design, `designs[${i}]`);
  const { members, outcome } = surrogate;
  const posteriors = memberPosteriors(members, encodeDesigns(surrogate.space, designs));
  const unit = outcome.spread * outcome.magnitude;
  const mean = new Float64Array(designs.length);
  const sd = new Float64Array(designs.length);
  for (let i = 0; i < designs.length; i++) {
    let first = 0;
    let second = 0;
    posteriors.forEach((posterior, m) => {
      const { weight } = members[m]!;
      const moments = momentsOf(outcome.power, posterior.mean[i]!, posterior.variance[i]!);
      first += weight * moments.mean;
      second += weight * (moments.variance + moments.mean ** 2);
    });
    mean[i] = restore(outcome, first);
    sd[i] = Math.min(Number.MAX_VALUE, unit * Math.sqrt(Math.max(0, second - first * first)));
  }
  const noise = members.reduce((sum, { weight, process }) => sum + weight * process.parameters.noise, 0);
  return { mean, sd, noiseSd: Math.min(Number.MAX_VALUE, unit * Math.sqrt(noise)) };
}

/** Mean and variance of the unbent value of a normal variable. */
function momentsOf(power: number, mean: number, variance: number): { mean: number; variance: number } {
  if (power === 1) return { mean, variance };
  const spread = Math.sqrt(variance);
  let first = 0;
  let second = 0;
  for (const { node, weight } of QUADRATURE) {
    const value = unbend(power, mean + spread * node);
    first += weight * value;
    second += weight * value * value;
  }
  return { mean: first, variance: Math.max(0, second - first * first) };
}
