import { InstrumentError } from './errors.ts';
import { createSphereModel, gridValues, type QGrid, type SphereGradient } from './form-factor.ts';
import { type LeastSquaresFit, levenbergMarquardt } from './levenberg-marquardt.ts';
import { covarianceOf } from './linear.ts';
import { type DevianceResidual, devianceResidual } from './poisson-likelihood.ts';
import { INSTRUMENT_GRID } from './saxs.ts';
import { createStartSearch, type StartValues } from './start-values.ts';

/** An estimate with its standard uncertainty; null where the estimate lies on a limit of the fit. */
export interface Estimate {
  readonly value: number;
  readonly uncertainty: number | null;
}

/** What a fit of polydisperse spheres found, or that no sphere explains any part of the curve. Plain data. */
export type SphereFit = FittedSpheres | { readonly status: 'no-spheres'; readonly reason: string };

/** The best description of a curve by spheres; whether it is a good one is for the caller to look at. */
export interface FittedSpheres {
  readonly status: 'fitted';
  /** Median of the number distribution of radii, in nm. */
  readonly radiusNm: Estimate;
  /** Standard deviation of ln(radius). */
  readonly polydispersity: Estimate;
  /** Counts at q = 0 above the background. */
  readonly scale: Estimate;
  /** Counts in every bin that do not come from the spheres. */
  readonly background: Estimate;
  /** Expected counts at the fitted parameters, one for each wave number. */
  readonly expected: number[];
  /** Pearson's chi-square over the degrees of freedom: about 1 where the model describes the curve. */
  readonly reducedChiSquare: number;
  readonly degreesOfFreedom: number;
  /** Whether the search met its criteria and the curve determines the parameters. */
  readonly converged: boolean;
  /** Why the search ended. */
  readonly reason: LeastSquaresFit['reason'] | 'not-determined';
  /** Whether reducedChiSquare is below what pure counting noise exceeds 3 times in 10 million. */
  readonly acceptable: boolean;
  /** Starts that were followed, and steps taken in all of them. */
  readonly starts: number;
  readonly iterations: number;
}

/** The part of a curve that a fit reads. */
export type CountedCurve = { readonly q: readonly number[]; readonly counts: readonly number[] };

const RADIUS_NM = { smallest: 2, largest: 1000 };
const BOUNDS = [
  { lower: Math.log(RADIUS_NM.smallest), upper: Math.log(RADIUS_NM.largest) },
  { lower: 0.01, upper: 0.3 },
  { lower: 0 },
  { lower: 0 },
];
const PARAMETERS = BOUNDS.length;
const NOTHING_HELD = BOUNDS.map(() => false);
const MAX_STARTS = 4;

const fitInstrumentCurve = createSphereFitter(INSTRUMENT_GRID);

/**
 * Fits spheres with log-normal radii and a flat background to counted data by maximum likelihood, from up to
 * four starts that an exhaustive search proposes, until one describes the curve. Radii 2 to 1000 nm,
 * polydispersities 0.01 to 0.3.
 *
 * Uncertainties come from the expected information matrix at the best fit. A fit that did not converge, or
 * that does not describe the curve, says so (`converged`, `reason`, `acceptable`); it never throws for that.
 *
 * @throws InstrumentError `bad-curve` for lengths that differ, fewer than 8 points, wave numbers that are not
 *   positive and equally spaced in the logarithm, or counts that are negative or not finite
 */
export function fitSpheres(curve: CountedCurve): SphereFit {
  const grid = requireCurve(curve);
  const isInstrument =
    grid.count === INSTRUMENT_GRID.count &&
    Math.abs(grid.minPerNm / INSTRUMENT_GRID.minPerNm - 1) < 1e-12 &&
    Math.abs(grid.logStep / INSTRUMENT_GRID.logStep - 1) < 1e-12;
  return isInstrument ? fitInstrumentCurve(curve.counts) : createSphereFitter(grid)(curve.counts);
}

function createSphereFitter(grid: QGrid): (counts: readonly number[]) => SphereFit {
  const model = createSphereModel(grid);
  const search = createStartSearch(grid, RADIUS_NM);
  const m = grid.count;
  const shape = new Float64Array(m);
  const gradient: SphereGradient = {
    byLogRadius: new Float64Array(m),
    byPolydispersity: new Float64Array(m),
  };
  const residual: DevianceResidual = { value: 0, slope: 0 };
  const degreesOfFreedom = m - PARAMETERS;
  // Five standard deviations, in Wilson and Hilferty's normal approximation of chi-square (1931).
  const spread = 2 / (9 * degreesOfFreedom);
  const limit = (1 - spread + 5 * Math.sqrt(spread)) ** 3;

  /** d(expected counts)/d(parameter), each row multiplied by what `rowFactor` makes of the expectation. */
  function fillJacobian(
    p: Float64Array,
    out: Float64Array,
    rowFactor: (i: number, expected: number) => number,
  ): void {
    model.evaluate(Math.exp(p[0]!), p[1]!, shape, gradient);
    for (let i = 0; i < m; i++) {
      const factor = rowFactor(i, p[2]! * shape[i]! + p[3]!);
      const row = i * PARAMETERS;
      out[row] = factor * p[2]! * gradient.byLogRadius[i]!;
      out[row + 1] = factor * p[2]! * gradient.byPolydispersity[i]!;
      out[row + 2] = factor * shape[i]!;
      out[row + 3] = factor;
    }
  }

  function refine(counts: readonly number[], start: StartValues): LeastSquaresFit {
    const slopeAt = (i: number, expected: number): number => {
      devianceResidual(counts[i]!, expected, residual);
      return residual.slope;
    };
    return levenbergMarquardt({
      start: [
        Math.log(start.radiusNm),
        start.polydispersity,
        start.scale,
        // The deviance needs a positive expectation in every bin.
        Math.max(start.background, 0.1),
      ],
      bounds: BOUNDS,
      residualCount: m,
      maxIterations: 100,
      reductionTolerance: 1e-12,
      residuals(p, out) {
        model.evaluate(Math.exp(p[0]!), p[1]!, shape);
        for (let i = 0; i < m; i++) {
          devianceResidual(counts[i]!, p[2]! * shape[i]! + p[3]!, residual);
          out[i] = residual.value;
        }
      },
      jacobian: (p, out) => fillJacobian(p, out, slopeAt),
    });
  }

  function pearson(counts: readonly number[], p: readonly number[]): number {
    model.evaluate(Math.exp(p[0]!), p[1]!, shape);
    let sum = 0;
    for (let i = 0; i < m; i++) {
      const expected = p[2]! * shape[i]! + p[3]!;
      sum += (counts[i]! - expected) ** 2 / expected;
    }
    return sum / degreesOfFreedom;
  }

  return (counts) => {
    const proposals = search(counts, MAX_STARTS);
    let best: LeastSquaresFit | undefined;
    let starts = 0;
    let iterations = 0;
    for (const start of proposals) {
      const fit = refine(counts, start);
      starts++;
      iterations += fit.iterations;
      if (fit.reason === 'not-finite') continue;
      if (best === undefined || fit.sumOfSquares < best.sumOfSquares) best = fit;
      if (best.converged && pearson(counts, best.parameters) < limit) break;
    }
    if (best === undefined) {
      return {
        status: 'no-spheres',
        reason: 'no sphere of 2 to 1000 nm radius explains any part of the curve',
      };
    }

    const p = best.parameters;
    const reducedChiSquare = pearson(counts, p);
    const jacobian = new Float64Array(m * PARAMETERS);
    fillJacobian(Float64Array.from(p), jacobian, (_, expected) => 1 / Math.sqrt(expected));
    // Nothing is held, not even a parameter on its limit: the others are no better known for its being there.
    const covariance = covarianceOf(jacobian, m, PARAMETERS, NOTHING_HELD);
    const radius = Math.exp(p[0]!);
    const uncertaintyOf = (i: number, factor = 1): number | null =>
      covariance === undefined || best.atBound[i]
        ? null
        : factor * Math.sqrt(covariance[i * PARAMETERS + i]!);
    return {
      status: 'fitted',
      radiusNm: { value: radius, uncertainty: uncertaintyOf(0, radius) },
      polydispersity: { value: p[1]!, uncertainty: uncertaintyOf(1) },
      scale: { value: p[2]!, uncertainty: uncertaintyOf(2) },
      background: { value: p[3]!, uncertainty: uncertaintyOf(3) },
      expected: Array.from(shape, (value) => p[2]! * value + p[3]!),
      reducedChiSquare,
      degreesOfFreedom,
      converged: best.converged && covariance !== undefined,
      reason: covariance === undefined ? 'not-determined' : best.reason,
      acceptable: reducedChiSquare < limit,
      starts,
      iterations,
    };
  };
}

function requireCurve({ q, counts }: CountedCurve): QGrid {
  const fail = (field: string, found: string, allowed: string): never => {
    throw new InstrumentError('bad-curve', field, found, allowed);
  };
  if (q.length < 8) fail('q', `${q.length} wave numbers`, 'at least 8');
  if (counts.length !== q.length) fail('counts', `${counts.length} values`, `${q.length}, one for each q`);
  const first = q[0]!;
  const logStep = Math.log(q.at(-1)! / first) / (q.length - 1);
  if (!(first > 0 && logStep > 0 && Number.isFinite(logStep))) {
    fail('q', `from ${first} to ${q.at(-1)}`, 'positive, finite and rising');
  }
  const grid = { minPerNm: first, logStep, count: q.length };
  for (const [i, expected] of gridValues(grid).entries()) {
    if (!(Math.abs(q[i]! / expected - 1) < 1e-9)) {
      fail(`q[${i}]`, `${q[i]}`, `${expected}: wave numbers are equally spaced in the logarithm`);
    }
    const count = counts[i]!;
    if (!(count >= 0 && Number.isFinite(count))) fail(`counts[${i}]`, `${count}`, 'finite, at least 0');
  }
  return grid;
}
