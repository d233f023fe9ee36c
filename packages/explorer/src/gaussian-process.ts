import {
  covarianceGradient,
  covarianceMatrix,
  crossCovariance,
  type KernelParameters,
  squaredDifferences,
} from './kernel.ts';
import {
  choleskyInPlace,
  invertLower,
  lowerTimesVector,
  lowerTransposedTimesVector,
  selfProduct,
  squaredNorms,
} from './linear-algebra.ts';

/** n rows of features and a value for each, with extra noise variances for values that are known less well. */
export type TrainingData = {
  rows: Float64Array;
  categorical: readonly boolean[];
  values: Float64Array;
  extraNoise?: Float64Array;
};

export type GaussianProcessParameters = KernelParameters & { noise: number };

/** Covariances prepared for one set of rows: the squared differences are computed once. */
export type Prepared = { data: TrainingData; n: number; squares: Float64Array[] };

export function prepare(data: TrainingData): Prepared {
  const n = data.values.length;
  return { data, n, squares: squaredDifferences(data.rows, n, data.categorical) };
}

/** A Gaussian process conditioned on data. `inverseFactor` inverts the Cholesky factor of the covariance. */
export type GaussianProcess = {
  rows: Float64Array;
  values: Float64Array;
  extraNoise: Float64Array;
  categorical: readonly boolean[];
  parameters: GaussianProcessParameters;
  inverseFactor: Float64Array;
  weights: Float64Array;
  logLikelihood: number;
};

/** Jitter on the diagonal, relative to the prior variance: the least that lets the factorisation succeed. */
const JITTERS = [0, 1e-10, 1e-8, 1e-6];

function factorise(
  prepared: Prepared,
  parameters: GaussianProcessParameters,
): { factor: Float64Array; jitter: number } | undefined {
  const { n, squares, data } = prepared;
  const prior = priorVariance(parameters);
  for (const jitter of JITTERS) {
    const matrix = covarianceMatrix(squares, n, parameters);
    for (let i = 0; i < n; i++)
      matrix[i * n + i] =
        matrix[i * n + i]! + parameters.noise + jitter * prior + (data.extraNoise?.[i] ?? 0);
    if (choleskyInPlace(matrix, n)) return { factor: matrix, jitter };
  }
  return undefined;
}

export function priorVariance({ signal, offset }: GaussianProcessParameters): number {
  return signal * (1 + offset);
}

function likelihoodOf(factor: Float64Array, n: number, whitened: Float64Array): number {
  let sum = -0.5 * n * Math.log(2 * Math.PI);
  for (let i = 0; i < n; i++) sum -= Math.log(factor[i * n + i]!) + 0.5 * whitened[i]! ** 2;
  return sum;
}

/** Solves L x = v by forward substitution. */
function solveLower(factor: Float64Array, n: number, vector: Float64Array): Float64Array {
  const x = vector.slice();
  for (let i = 0; i < n; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * x[k]!;
    x[i] = sum / factor[i * n + i]!;
  }
  return x;
}

/**
 * The log marginal likelihood (Rasmussen and Williams, eq. 2.30), or undefined when the covariance is not positive
 * definite to working precision.
 */
export function logLikelihood(prepared: Prepared, parameters: GaussianProcessParameters): number | undefined {
  const factor = factorise(prepared, parameters)?.factor;
  if (factor === undefined) return undefined;
  return likelihoodOf(factor, prepared.n, solveLower(factor, prepared.n, prepared.data.values));
}

/**
 * The log marginal likelihood and its derivatives (ibid., eq. 5.9) by the logarithms of the length scales, signal and
 * noise, in this order, and by each value.
 */
export function logLikelihoodGradient(
  prepared: Prepared,
  parameters: GaussianProcessParameters,
): { value: number; byParameter: Float64Array; byValue: Float64Array } | undefined {
  const { n, squares, data } = prepared;
  const factorised = factorise(prepared, parameters);
  if (factorised === undefined) return undefined;
  const { factor } = factorised;
  const inverseFactor = invertLower(factor, n);
  const whitened = lowerTimesVector(inverseFactor, n, data.values);
  const weights = lowerTransposedTimesVector(inverseFactor, n, whitened);
  const sensitivity = selfProduct(inverseFactor, n);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) sensitivity[i * n + j] = weights[i]! * weights[j]! - sensitivity[i * n + j]!;
    trace += sensitivity[i * n + i]!;
  }
  const kernelPart = covarianceGradient(squares, n, parameters, sensitivity);
  const width = squares.length;
  const byParameter = new Float64Array(width + 2);
  byParameter.set(kernelPart);
  const jitter = 0.5 * factorised.jitter * trace;
  byParameter[width] = byParameter[width]! + jitter * parameters.signal * (1 + parameters.offset);
  byParameter[width + 1] = 0.5 * parameters.noise * trace;
  return {
    value: likelihoodOf(factor, n, whitened),
    byParameter,
    byValue: weights.map((weight) => -weight),
  };
}

/** Conditions a process on the data; undefined when the covariance is not positive definite. */
export function condition(
  prepared: Prepared,
  parameters: GaussianProcessParameters,
): GaussianProcess | undefined {
  const { n, data } = prepared;
  const factor = factorise(prepared, parameters)?.factor;
  if (factor === undefined) return undefined;
  const inverseFactor = invertLower(factor, n);
  const whitened = lowerTimesVector(inverseFactor, n, data.values);
  return {
    rows: data.rows,
    values: data.values,
    extraNoise: data.extraNoise ?? new Float64Array(n),
    categorical: data.categorical,
    parameters,
    inverseFactor,
    weights: lowerTransposedTimesVector(inverseFactor, n, whitened),
    logLikelihood: likelihoodOf(factor, n, whitened),
  };
}

/** Rows handled at a time, so that their covariances stay in the processor's cache. */
const CHUNK = 256;

/** Posterior mean and variance (without noise) at new rows of features (ibid., eqs. 2.25 and 2.26). */
export function posterior(
  process: GaussianProcess,
  fresh: Float64Array,
): { mean: Float64Array; variance: Float64Array } {
  const width = process.categorical.length;
  const n = process.weights.length;
  const count = fresh.length / width;
  const { parameters } = process;
  const prior = priorVariance(parameters);
  const mean = new Float64Array(count);
  const variance = new Float64Array(count);
  for (let from = 0; from < count; from += CHUNK) {
    const size = Math.min(CHUNK, count - from);
    const cross = crossCovariance(fresh, from, size, process.rows, n, process.categorical, parameters);
    const explained = squaredNorms(process.inverseFactor, n, cross, size);
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += cross[i * n + k]! * process.weights[k]!;
      mean[from + i] = sum;
      variance[from + i] = Math.max(0, prior - explained[i]!);
    }
  }
  return { mean, variance };
}
