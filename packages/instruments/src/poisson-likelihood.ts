/**
 * Deviance residuals of counts: their squares sum to 2 ln(L_saturated / L), so least squares on them is
 * maximum likelihood for Poisson counts (Laurence and Chromy, Nature Methods 7, 338, 2010), without the bias
 * that weighting by the observed counts brings to weak bins.
 */

/** The residual of `observed` counts (at least 0) where `expected` (positive) is predicted, with its slope. */
export interface DevianceResidual {
  /** Negative where more was observed than expected. */
  value: number;
  /** d(value)/d(expected). */
  slope: number;
}

/** Writes the deviance residual into `out`; both fields vary smoothly through expected = observed. */
export function devianceResidual(observed: number, expected: number, out: DevianceResidual): void {
  if (observed === 0) {
    out.value = Math.sqrt(2 * expected);
    out.slope = 1 / out.value;
    return;
  }
  const delta = (expected - observed) / observed;
  const root = Math.sqrt(2 * observed * curvature(delta));
  out.value = root * delta;
  out.slope = observed / (expected * root);
}

/** (d - ln(1 + d)) / d^2, which is 1/2 at d = 0. */
function curvature(d: number): number {
  if (Math.abs(d) > 0.02) return (d - Math.log1p(d)) / (d * d);
  return 1 / 2 - d * (1 / 3 - d * (1 / 4 - d * (1 / 5 - d * (1 / 6 - d * (1 / 7 - d * (1 / 8 - d / 9))))));
}
