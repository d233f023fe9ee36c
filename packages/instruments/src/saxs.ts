import { createSphereModel, gridValues, type QGrid } from './form-factor.ts';
import type { Random } from './random.ts';

/**
 * The instrument's wave numbers: 104 from 0.004 to 0.6 /nm, equally spaced in the logarithm. This is
 * ultra-small-angle territory; it covers the first minimum (qR = 4.49) of spheres of 15 to 2200 nm.
 */
export const INSTRUMENT_GRID: QGrid = {
  minPerNm: 0.004,
  logStep: Math.log(0.6 / 0.004) / 103,
  count: 104,
};

/**
 * The largest diameter that a curve starting at the first wave number can resolve: pi / qmin, the sampling
 * theorem for a particle of limited extent (Moore, J. Appl. Crystallogr. 13, 168, 1980). In nm: 785.
 */
export const LARGEST_DIAMETER_NM = Math.PI / INSTRUMENT_GRID.minPerNm;

/** Expected counts in every bin from the detector and the empty cell. */
const BACKGROUND_COUNTS = 20;
/** Counts at q = 0 for one nm^3 of the scattering-weighted particle volume, as R^3, without attenuator. */
const COUNTS_PER_CUBIC_NM = 0.8;
/** An attenuator keeps the extrapolated count at q = 0 to this. */
const LARGEST_FORWARD_COUNTS = 1e6;

/** What is in the sample cell. */
export interface SphereSample {
  /** Median of the number distribution of diameters, in nm. */
  readonly diameterNm: number;
  /** Standard deviation of ln(diameter). */
  readonly polydispersity: number;
}

/** A measured scattering curve; the three arrays have one element for each wave number. */
export interface ScatteringCurve {
  /** Wave numbers in 1/nm, equally spaced in the logarithm. */
  readonly q: readonly number[];
  /** Counts, including background. */
  readonly counts: readonly number[];
  /** Standard uncertainty of each count: the square root of the count, at least 1. */
  readonly sigma: readonly number[];
}

const instrumentModel = createSphereModel(INSTRUMENT_GRID);
const instrumentQ = Array.from(gridValues(INSTRUMENT_GRID));

/**
 * Counts at q = 0 that a sample gives, background excluded. At a fixed volume fraction of silica (the sample
 * is diluted until neighbours do not matter, structure factor 1) the forward intensity goes with
 * <R^6>/<R^3> = R^3 exp(13.5 s^2), up to what the attenuator lets through.
 */
export function forwardCounts({ diameterNm, polydispersity }: SphereSample): number {
  const weighted = (diameterNm / 2) ** 3 * Math.exp(13.5 * polydispersity ** 2);
  return Math.min(LARGEST_FORWARD_COUNTS, COUNTS_PER_CUBIC_NM * weighted);
}

/** The noiseless curve: expected counts with background, one for each wave number of the instrument. */
export function expectedCounts(sample: SphereSample): Float64Array {
  const counts = new Float64Array(INSTRUMENT_GRID.count);
  instrumentModel.evaluate(sample.diameterNm / 2, sample.polydispersity, counts);
  const forward = forwardCounts(sample);
  for (let i = 0; i < counts.length; i++) counts[i] = forward * counts[i]! + BACKGROUND_COUNTS;
  return counts;
}

/** One exposure: the expected counts with Poisson counting noise. */
export function measureScattering(sample: SphereSample, random: Random): ScatteringCurve {
  const counts = Array.from(expectedCounts(sample), (mean) => random.poisson(mean));
  return { q: [...instrumentQ], counts, sigma: counts.map((count) => Math.sqrt(Math.max(count, 1))) };
}
