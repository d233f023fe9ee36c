import { condition, type GaussianProcessParameters, posterior, prepare } from './gaussian-process.ts';
import { density, millsRatio } from './normal.ts';
import type { Limit } from './surrogate.ts';

/** Damping of the site updates. */
const STEP = 0.7;

const NARROWEST = 1e-4;
const WIDEST = 1e4;

/**
 * Replaces each censored value by the Gaussian site that expectation propagation finds for "the value lies beyond
 * the bound" (Rasmussen and Williams, 3.6; the moments of a truncated normal are those of the Tobit model). Measured
 * values stay as they are.
 */
export function censoredSites(
  rows: Float64Array,
  categorical: readonly boolean[],
  standard: Float64Array,
  limits: readonly Limit[],
  parameters: GaussianProcessParameters,
): { values: Float64Array; extraNoise: Float64Array } {
  const width = categorical.length;
  const values = standard.slice();
  const extraNoise = new Float64Array(standard.length);
  const limited = new Float64Array(limits.length * width);
  limits.forEach(({ row }, i) => {
    limited.set(rows.subarray(row * width, (row + 1) * width), i * width);
    extraNoise[row] = WIDEST;
  });
  for (let sweep = 0; sweep < 12; sweep++) {
    const process = condition(prepare({ rows, categorical, values, extraNoise }), parameters);
    if (process === undefined) break;
    const now = posterior(process, limited);
    limits.forEach(({ row, bound, side }, i) => {
      const siteVariance = extraNoise[row]! + parameters.noise;
      const variance = Math.max(1e-9, now.variance[i]!);
      const precision = 1 / variance - 1 / siteVariance;
      if (!(precision > 1e-9)) return;
      const cavityVariance = 1 / precision;
      const cavityMean = cavityVariance * (now.mean[i]! / variance - values[row]! / siteVariance);
      const sign = side === 'above' ? 1 : -1;
      const spread = Math.sqrt(cavityVariance + parameters.noise);
      const z = (sign * (cavityMean - bound)) / spread;
      const ratio = z < 0 ? 1 / millsRatio(-z) : density(z) / (1 - density(z) * millsRatio(z));
      const mean = cavityMean + (sign * cavityVariance * ratio) / spread;
      const shrink = (cavityVariance * ratio * (z + ratio)) / (spread * spread);
      const tilted = Math.max(1e-9, cavityVariance * (1 - shrink));
      const sitePrecision = 1 / tilted - precision;
      const target = sitePrecision > 1 / WIDEST ? 1 / sitePrecision : WIDEST;
      const siteMean = target >= WIDEST ? mean : target * (mean / tilted - cavityMean * precision);
      const fresh = Math.min(WIDEST, Math.max(NARROWEST, target - parameters.noise));
      extraNoise[row] = Math.exp((1 - STEP) * Math.log(extraNoise[row]!) + STEP * Math.log(fresh));
      values[row] = (1 - STEP) * values[row]! + STEP * Math.min(1e3, Math.max(-1e3, siteMean));
    });
  }
  return { values, extraNoise };
}
