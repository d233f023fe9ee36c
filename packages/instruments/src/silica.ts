import { requireDesign } from './design.ts';
import { requireSeed } from './errors.ts';
import { fitSpheres } from './fit.ts';
import { createRandom } from './random.ts';
import { LARGEST_DIAMETER_NM, measureScattering, type ScatteringCurve } from './saxs.ts';
import {
  flocculationProbability,
  hasEnoughWater,
  STOBER_SPACE,
  type StoberDesign,
  type SynthesisFailure,
  stoberDiameter,
  stoberPolydispersity,
  synthesise,
} from './stober.ts';

/** The instrument's inputs, as plain data in the explorer's words; units are in each entry. */
export const SILICA_SPACE = STOBER_SPACE;

/** A curve with the fitted expectation; the four arrays have one element for each wave number. */
export interface FittedCurve extends ScatteringCurve {
  /** Expected counts at the fitted parameters. */
  readonly fit: readonly number[];
}

/** What one experiment gave. Plain data; safe to store as JSON. */
export type SilicaMeasurement =
  | {
      readonly status: 'measured';
      /** Median diameter of this batch, in nm, from the fit. */
      readonly diameterNm: number;
      /** Its standard uncertainty from counting, in nm. The scatter between batches (3 %) comes on top. */
      readonly uncertaintyNm: number;
      /** Standard deviation of ln(diameter) within the batch. */
      readonly polydispersity: number;
      /** Null where the fit ended on a limit of the polydispersity (0.01 to 0.3). */
      readonly polydispersityUncertainty: number | null;
      readonly reducedChiSquare: number;
      readonly curve: FittedCurve;
    }
  | {
      readonly status: 'failed';
      readonly code: SynthesisFailure | 'weak-scattering' | 'no-fit';
      readonly reason: string;
    }
  | {
      readonly status: 'censored';
      /** The diameter lies on this side of the bound. */
      readonly side: 'above';
      /** In nm. */
      readonly bound: number;
      readonly reason: string;
      readonly curve: FittedCurve;
    };

/** What a design gives without any noise: for scoring arms, never shown to one. */
export interface SilicaTruth {
  /** Median diameter over batches, in nm: the formula's. Defined for every design of the space. */
  readonly diameterNm: number;
  readonly polydispersity: number;
  /** Probability, 0 to 1, that the synthesis fails. */
  readonly failureProbability: number;
  /** Whether the median diameter is within what the instrument resolves. */
  readonly resolvable: boolean;
}

/** Beyond this relative uncertainty of the diameter a curve is called too weak to say anything. */
const LARGEST_RELATIVE_UNCERTAINTY = 0.15;

const weakScattering: SilicaMeasurement = {
  status: 'failed',
  code: 'weak-scattering',
  reason: 'the spheres scatter too weakly to tell their size from the background',
};

/**
 * One experiment: Stöber synthesis, small-angle scattering of the diluted batch, fit. A function of the
 * design and the seed alone, equal to the bit on one Node version and architecture. The design is part of the
 * noise stream, so two designs under one seed have independent noise.
 *
 * @throws InstrumentError for a design outside `SILICA_SPACE` or an empty seed
 */
export function measureSilica(design: Readonly<Record<string, unknown>>, seed: string): SilicaMeasurement {
  const checked = requireDesign(SILICA_SPACE, design);
  requireSeed(seed);
  const stream = JSON.stringify([seed, 'silica', checked.teos, checked.water, checked.ammonia]);

  const batch = synthesise(checked, createRandom(`${stream}/synthesis`));
  if (batch.status === 'failed') return batch;

  const scattering = measureScattering(batch, createRandom(`${stream}/counting`));
  const fit = fitSpheres(scattering);
  if (fit.status === 'no-spheres') return weakScattering;
  const { value: radiusNm, uncertainty } = fit.radiusNm;
  if (uncertainty === null || uncertainty > LARGEST_RELATIVE_UNCERTAINTY * radiusNm) return weakScattering;
  if (!fit.converged || !fit.acceptable) {
    const problem = fit.converged
      ? `spheres do not describe the curve (reduced chi-square ${fit.reducedChiSquare.toPrecision(3)})`
      : `the fit did not converge (${fit.reason})`;
    return { status: 'failed', code: 'no-fit', reason: problem };
  }
  const curve = { ...scattering, fit: fit.expected };
  const diameterNm = 2 * radiusNm;
  if (diameterNm > LARGEST_DIAMETER_NM) {
    return {
      status: 'censored',
      side: 'above',
      bound: LARGEST_DIAMETER_NM,
      reason: `larger than the ${LARGEST_DIAMETER_NM.toFixed(0)} nm that the smallest wave number resolves`,
      curve,
    };
  }
  return {
    status: 'measured',
    diameterNm,
    uncertaintyNm: 2 * uncertainty,
    polydispersity: fit.polydispersity.value,
    polydispersityUncertainty: fit.polydispersity.uncertainty,
    reducedChiSquare: fit.reducedChiSquare,
    curve,
  };
}

/**
 * The noiseless truth of a design.
 *
 * @throws InstrumentError for a design outside `SILICA_SPACE`
 */
export function trueSilica(design: Readonly<Record<string, unknown>>): SilicaTruth {
  const checked: StoberDesign = requireDesign(SILICA_SPACE, design);
  const diameterNm = stoberDiameter(checked);
  return {
    diameterNm,
    polydispersity: stoberPolydispersity(checked),
    failureProbability: hasEnoughWater(checked) ? flocculationProbability(checked) : 1,
    resolvable: diameterNm <= LARGEST_DIAMETER_NM,
  };
}
