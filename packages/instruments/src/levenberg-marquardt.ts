import { type Bounds, externalSlope, isAtBound, toExternal, toInternal } from './bounds.ts';
import { columnNorm, covarianceOf, reduceToTriangle, solveTriangle } from './linear.ts';

/** Minimise the sum of squares of `residualCount` residuals over the parameters. */
export interface LeastSquaresProblem {
  /** Start values, inside their bounds. */
  readonly start: readonly number[];
  /** One entry a parameter; absent: no bounds at all. */
  readonly bounds?: readonly Bounds[];
  readonly residualCount: number;
  /** Writes the residuals (length residualCount), each divided by its standard uncertainty. */
  residuals(parameters: Float64Array, out: Float64Array): void;
  /** Writes d(residual)/d(parameter), row-major, residualCount x parameters. */
  jacobian(parameters: Float64Array, out: Float64Array): void;
  /** Default 200. */
  readonly maxIterations?: number;
  /** Stop when a step lowers the sum of squares by less than this part of it. Default 1e-14. */
  readonly reductionTolerance?: number;
}

export interface LeastSquaresFit {
  readonly parameters: number[];
  /** False where the search ended without meeting a criterion; the parameters are then the best seen. */
  readonly converged: boolean;
  readonly reason: 'reduction' | 'step' | 'exact' | 'no-progress' | 'max-iterations' | 'not-finite';
  readonly iterations: number;
  readonly sumOfSquares: number;
  /** Sum of squares over (residuals - parameters); null where that difference is not positive. */
  readonly reducedChiSquare: number | null;
  /** Parameters that ended on a limit: held there, without an uncertainty of their own. */
  readonly atBound: boolean[];
  /**
   * (J^T J)^-1 in the caller's parameters, row-major: the covariance if the residuals have unit variance,
   * else to be multiplied by `reducedChiSquare`. Null where the data do not determine the parameters.
   */
  readonly covariance: Float64Array | null;
}

const STEP_TOLERANCE = 1e-12;
const LARGEST_DAMPING = 1e20;

/**
 * Levenberg-Marquardt with column scaling (Moré, Lecture Notes in Mathematics 630, 105, 1978) and Nielsen's
 * rule for the damping (Madsen, Nielsen and Tingleff, Methods for Non-Linear Least Squares Problems, 2004).
 * Deterministic. A local method: the minimum it finds depends on the start.
 */
export function levenbergMarquardt(problem: LeastSquaresProblem): LeastSquaresFit {
  const { residualCount: m, maxIterations = 200, reductionTolerance = 1e-14 } = problem;
  const n = problem.start.length;
  const bounds = problem.bounds ?? problem.start.map(() => ({}));
  const external = (p: Float64Array): Float64Array => p.map((value, i) => toExternal(value, bounds[i]!));

  let point = Float64Array.from(problem.start, (value, i) => toInternal(value, bounds[i]!));
  let residuals = new Float64Array(m);
  let trialResiduals = new Float64Array(m);
  const jacobian = new Float64Array(m * n);
  const triangle = new Float64Array(m * n);
  const rotated = new Float64Array(m);
  const scale = new Float64Array(n);

  problem.residuals(external(point), residuals);
  let cost = sumOfSquares(residuals);
  let damping = 1e-3;
  let growth = 2;
  let iterations = 0;
  let reason: LeastSquaresFit['reason'] | undefined = Number.isFinite(cost) ? undefined : 'not-finite';

  while (reason === undefined) {
    if (cost === 0) {
      reason = 'exact';
      break;
    }
    problem.jacobian(external(point), jacobian);
    for (let j = 0; j < n; j++) {
      const slope = externalSlope(point[j]!, bounds[j]!);
      for (let i = 0; i < m; i++) jacobian[i * n + j]! *= slope;
      scale[j] = Math.max(scale[j]!, columnNorm(jacobian, m, n, j)) || 1;
    }
    triangle.set(jacobian);
    for (let i = 0; i < m; i++) rotated[i] = -residuals[i]!;
    reduceToTriangle(triangle, rotated, m, n);

    // Raise the damping until a step lowers the cost.
    for (;;) {
      if (iterations >= maxIterations) {
        reason = 'max-iterations';
        break;
      }
      iterations++;
      const step = dampedStep(triangle, rotated, scale, damping, n);
      if (step === undefined) {
        damping *= growth;
        growth *= 2;
        if (damping > LARGEST_DAMPING) {
          reason = 'no-progress';
          break;
        }
        continue;
      }
      const trial = point.map((value, i) => value + step[i]!);
      problem.residuals(external(trial), trialResiduals);
      const trialCost = sumOfSquares(trialResiduals);
      const predicted = predictedReduction(triangle, scale, damping, step, n);
      const gain = (cost - trialCost) / predicted;
      const small = isSmallStep(step, point, scale);
      if (gain > 0) {
        const reduction = cost - trialCost;
        if (reduction <= reductionTolerance * cost && predicted <= reductionTolerance * cost) {
          reason = 'reduction';
        } else if (small) reason = 'step';
        point = trial;
        [residuals, trialResiduals] = [trialResiduals, residuals];
        cost = trialCost;
        damping *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
        growth = 2;
        break;
      }
      // Nothing is left to gain beyond rounding.
      if (predicted <= Math.max(reductionTolerance, 1e-15) * cost) reason = 'reduction';
      else if (small) reason = 'step';
      damping *= growth;
      growth *= 2;
      if (reason === undefined && damping > LARGEST_DAMPING) reason = 'no-progress';
      if (reason !== undefined) break;
    }
  }

  const parameters = external(point);
  const atBound = Array.from(parameters, (value, i) => isAtBound(value, bounds[i]!));
  let covariance: Float64Array | undefined;
  if (reason !== 'not-finite') {
    problem.jacobian(parameters, jacobian);
    covariance = covarianceOf(jacobian, m, n, atBound);
  }
  return {
    parameters: Array.from(parameters),
    converged: reason === 'reduction' || reason === 'step' || reason === 'exact',
    reason,
    iterations,
    sumOfSquares: cost,
    reducedChiSquare: m > n ? cost / (m - n) : null,
    atBound,
    covariance: covariance ?? null,
  };
}

/** Minimises |R d - b|^2 + damping |D d|^2 by a second, small QR. */
function dampedStep(
  triangle: Float64Array,
  rhs: Float64Array,
  scale: Float64Array,
  damping: number,
  n: number,
): Float64Array | undefined {
  const stacked = new Float64Array(2 * n * n);
  const right = new Float64Array(2 * n);
  stacked.set(triangle.subarray(0, n * n));
  right.set(rhs.subarray(0, n));
  const root = Math.sqrt(damping);
  for (let i = 0; i < n; i++) stacked[(n + i) * n + i] = root * scale[i]!;
  reduceToTriangle(stacked, right, 2 * n, n);
  return solveTriangle(stacked, right, n);
}

function predictedReduction(
  triangle: Float64Array,
  scale: Float64Array,
  damping: number,
  step: Float64Array,
  n: number,
): number {
  let linear = 0;
  let damped = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = i; j < n; j++) sum += triangle[i * n + j]! * step[j]!;
    linear += sum * sum;
    damped += (scale[i]! * step[i]!) ** 2;
  }
  return linear + 2 * damping * damped;
}

function isSmallStep(step: Float64Array, point: Float64Array, scale: Float64Array): boolean {
  let moved = 0;
  let size = 0;
  for (let i = 0; i < step.length; i++) {
    moved += (scale[i]! * step[i]!) ** 2;
    size += (scale[i]! * point[i]!) ** 2;
  }
  return moved <= STEP_TOLERANCE ** 2 * size;
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
