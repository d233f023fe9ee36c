import {
  type GaussianProcessParameters,
  logLikelihoodGradient,
  type Prepared,
  prepare,
} from './gaussian-process.ts';
import { minimize, type Objective } from './lbfgs.ts';
import { choleskyInPlace } from './linear-algebra.ts';
import { bend, bendGradient } from './outcome.ts';
import { createRandom } from './random.ts';
import type { Settings } from './settings.ts';

/** Standardised values at rows of features. `extraNoise` marks values known only to that variance. */
export type FitInput = {
  rows: Float64Array;
  categorical: readonly boolean[];
  standard: Float64Array;
  extraNoise?: Float64Array;
  /** Whether the values may be bent; false where their scale must stay straight. */
  bendable: boolean;
  seed: string;
};

/** Parameter settings with weights that sum to one, and the bend that all of them share. */
export type Fit = { power: number; members: { weight: number; parameters: GaussianProcessParameters }[] };

/** The smallest noise variance, relative to the spread of the values. */
const NOISE_FLOOR = 1e-6;

/** The parameters as a point: log length scales, log signal, log noise, bend (where used). */
type Layout = { width: number; bend: boolean; size: number };

function layoutOf(input: FitInput, settings: Settings): Layout {
  const width = input.categorical.length;
  const bends = input.bendable && settings.bendSpread > 0 && input.standard.length > 2;
  return { width, bend: bends, size: width + 2 + Number(bends) };
}

function parametersAt(point: Float64Array, layout: Layout, settings: Settings): GaussianProcessParameters {
  const { width } = layout;
  return {
    lengthScales: point.slice(0, width).map((x) => Math.exp(x)),
    signal: Math.exp(point[width]!),
    noise: NOISE_FLOOR + Math.exp(point[width + 1]!),
    offset: settings.offset,
  };
}

function powerAt(point: Float64Array, layout: Layout): number {
  return layout.bend ? 1 + Math.tanh(point[layout.size - 1]!) : 1;
}

/** Location and spread of the normal prior of each coordinate. */
function priorOf(layout: Layout, settings: Settings): { location: number; spread: number }[] {
  const scale = {
    location: settings.lengthScaleLocation + 0.5 * Math.log(layout.width),
    spread: settings.lengthScaleSpread,
  };
  return [
    ...Array.from({ length: layout.width }, () => scale),
    { location: 0, spread: settings.signalSpread },
    { location: settings.noiseLocation, spread: settings.noiseSpread },
    ...(layout.bend ? [{ location: 0, spread: settings.bendSpread }] : []),
  ];
}

/** The negative logarithm of likelihood times prior (up to a constant), with its gradient. */
function negativeLogPosterior(
  prepared: Prepared,
  standard: Float64Array,
  layout: Layout,
  settings: Settings,
): Objective {
  const prior = priorOf(layout, settings);
  const { width } = layout;
  return (point) => {
    const gradient = new Float64Array(layout.size);
    if (point.some((x) => !(Math.abs(x) < 40))) return { value: Infinity, gradient };
    const parameters = parametersAt(point, layout, settings);
    const power = powerAt(point, layout);
    const values = layout.bend ? standard.map((z) => bend(power, z)) : standard;
    const outcome = logLikelihoodGradient({ ...prepared, data: { ...prepared.data, values } }, parameters);
    if (outcome === undefined) return { value: Infinity, gradient };
    let value = -outcome.value;
    for (let c = 0; c <= width; c++) gradient[c] = -outcome.byParameter[c]!;
    gradient[width + 1] =
      (-outcome.byParameter[width + 1]! * (parameters.noise - NOISE_FLOOR)) / parameters.noise;
    if (layout.bend) {
      let byPower = 0;
      for (let i = 0; i < standard.length; i++) {
        const slope = bendGradient(power, standard[i]!);
        value -= slope.logSlope;
        byPower -= outcome.byValue[i]! * slope.byPower + slope.logSlopeByPower;
      }
      gradient[layout.size - 1] = byPower * power * (2 - power);
    }
    for (let c = 0; c < layout.size; c++) {
      const { location, spread } = prior[c]!;
      const distance = (point[c]! - location) / spread;
      value += 0.5 * distance * distance;
      gradient[c] = gradient[c]! + distance / spread;
    }
    // The length scales share a common deviation of spread `lengthScaleCommon` besides their own ones.
    const own = settings.lengthScaleSpread ** 2;
    const common = settings.lengthScaleCommon ** 2;
    let sum = 0;
    for (let c = 0; c < width; c++) sum += point[c]! - prior[c]!.location;
    const shared = (common / (own + width * common)) * sum;
    value -= (0.5 * sum * shared) / own;
    for (let c = 0; c < width; c++) gradient[c] = gradient[c]! - shared / own;
    return { value, gradient };
  };
}

/** The objective that `fit` makes small, and the number of its coordinates. */
export function posteriorObjective(
  input: FitInput,
  settings: Settings,
): { objective: Objective; size: number } {
  const layout = layoutOf(input, settings);
  const prepared = prepare({ ...input, values: input.standard });
  return { objective: negativeLogPosterior(prepared, input.standard, layout, settings), size: layout.size };
}

/** How the work of a fit is bounded as the number of rows grows. */
function effort(n: number, settings: Settings): { iterations: number; starts: number; draws: number } {
  if (n <= 60) return { iterations: 40, starts: 3, draws: settings.draws };
  if (n <= 150) return { iterations: 14, starts: 2, draws: Math.min(settings.draws, 4) };
  if (n <= 300) return { iterations: 10, starts: 1, draws: Math.min(settings.draws, 2) };
  return { iterations: 5, starts: 1, draws: 0 };
}

/** Rows that starts are compared on when there are many. */
const SUBSET = 150;

/**
 * Fits the parameters: the maximum of the posterior from several starts, then draws from its Laplace approximation,
 * weighted by importance (truncated as by Ionides, J. Comput. Graph. Stat. 17, 2008).
 */
export function fit(input: FitInput, settings: Settings): Fit {
  const layout = layoutOf(input, settings);
  const n = input.standard.length;
  const { iterations, starts, draws } = effort(n, settings);
  const { objective } = posteriorObjective(input, settings);
  let best = n > 2 * SUBSET ? subsetOptimum(input, layout, settings) : undefined;
  const prior = priorOf(layout, settings);
  const tolerance = 5e-3;
  for (let s = 0; s < starts; s++) {
    const offset = [0, -1, 1][s]!;
    const start =
      best !== undefined && n > 2 * SUBSET
        ? best.point
        : Float64Array.from(prior, ({ location, spread }, c) =>
            c < layout.width
              ? location + offset * Math.min(1.2, spread)
              : c === layout.size - 1 && layout.bend
                ? 0
                : location,
          );
    const found = minimize(objective, start, { iterations, evaluations: iterations + 4, tolerance });
    if (best === undefined || n > 2 * SUBSET || found.value < best.value) best = found;
  }
  const mode = best!;
  const power = powerAt(mode.point, layout);
  const alone = { power, members: [{ weight: 1, parameters: parametersAt(mode.point, layout, settings) }] };
  if (draws === 0 || !Number.isFinite(mode.value)) return alone;
  const points = laplaceDraws(objective, mode, draws, layout, input.seed);
  if (points.length === 0) return alone;
  return {
    power,
    members: points.map(({ weight, point }) => ({
      weight,
      parameters: parametersAt(point, layout, settings),
    })),
  };
}

/** The optimum for every k-th row, a start for the fit to all of them. */
function subsetOptimum(
  input: FitInput,
  layout: Layout,
  settings: Settings,
): { point: Float64Array; value: number } {
  const n = input.standard.length;
  const order = createRandom(input.seed).shuffle(Array.from({ length: n }, (_, i) => i));
  const chosen = order.slice(0, SUBSET).sort((a, b) => a - b);
  const { width } = layout;
  const rows = new Float64Array(chosen.length * width);
  for (const [i, row] of chosen.entries())
    rows.set(input.rows.subarray(row * width, (row + 1) * width), i * width);
  const standard = Float64Array.from(chosen, (row) => input.standard[row]!);
  const { extraNoise } = input;
  const data = {
    rows,
    categorical: input.categorical,
    values: standard,
    ...(extraNoise && { extraNoise: Float64Array.from(chosen, (row) => extraNoise[row]!) }),
  };
  const start = Float64Array.from(priorOf(layout, settings), ({ location }) => location);
  const objective = negativeLogPosterior(prepare(data), standard, layout, settings);
  return minimize(objective, start, { iterations: 25, evaluations: 50, tolerance: 1e-3 });
}

/** Draws from the normal approximation around the mode; the bend stays at the mode. */
function laplaceDraws(
  objective: Objective,
  mode: { point: Float64Array; value: number },
  count: number,
  layout: Layout,
  seed: string,
): { weight: number; point: Float64Array }[] {
  const size = layout.size - Number(layout.bend);
  const centre = objective(mode.point).gradient;
  const hessian = new Float64Array(size * size);
  const step = 0.05;
  for (let c = 0; c < size; c++) {
    const moved = mode.point.slice();
    moved[c] = moved[c]! + step;
    const { gradient } = objective(moved);
    for (let r = 0; r < size; r++) hessian[c * size + r] = (gradient[r]! - centre[r]!) / step;
  }
  const factor = new Float64Array(size * size);
  let ridge = 0;
  for (;;) {
    for (let r = 0; r < size; r++)
      for (let c = 0; c <= r; c++)
        factor[r * size + c] =
          0.5 * (hessian[r * size + c]! + hessian[c * size + r]!) + (r === c ? ridge : 0);
    if (choleskyInPlace(factor, size)) break;
    ridge = ridge === 0 ? 0.1 : 3 * ridge;
    if (!(ridge < 1e6)) return [];
  }
  const random = createRandom(seed);
  const points: { logWeight: number; point: Float64Array }[] = [];
  let noise = new Float64Array(size);
  for (let draw = 0; draw < count; draw++) {
    // Antithetic pairs: every second draw mirrors the one before.
    noise = draw % 2 === 1 ? noise.map((z) => -z) : Float64Array.from(noise, () => random.normal());
    const shift = solveUpper(factor, size, noise);
    const point = mode.point.map((x, i) => (i < size ? x + shift[i]! : x));
    const { value } = objective(point);
    if (Number.isFinite(value))
      points.push({ point, logWeight: mode.value - value + 0.5 * noise.reduce((sum, z) => sum + z * z, 0) });
  }
  if (points.length === 0) return [];
  const most = points.reduce((top, { logWeight }) => Math.max(top, logWeight), -Infinity);
  const mean = points.reduce((sum, { logWeight }) => sum + Math.exp(logWeight - most), 0) / points.length;
  const cap = mean * Math.sqrt(points.length);
  const raw = points.map(({ logWeight }) => Math.min(cap, Math.exp(logWeight - most)));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return points.map(({ point }, i) => ({ point, weight: raw[i]! / total }));
}

/** Solves Lᵀ x = v. */
function solveUpper(factor: Float64Array, n: number, vector: Float64Array): Float64Array {
  const x = vector.slice();
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i]! * x[k]!;
    x[i] = sum / factor[i * n + i]!;
  }
  return x;
}
