import type { ContinuousParameter } from './design.ts';
import type { Random } from './random.ts';
import type { SphereSample } from './saxs.ts';

/** Concentrations in the reaction mixture (in ethanol, 25 °C), in mol/L. */
export interface StoberDesign {
  /** Tetraethyl orthosilicate. */
  readonly teos: number;
  readonly water: number;
  readonly ammonia: number;
}

/** The concentrations for which the formula was fitted; the instrument takes no others. */
export const STOBER_SPACE: readonly (ContinuousParameter & { readonly name: keyof StoberDesign })[] = [
  { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5, unit: 'mol/L' },
  { kind: 'continuous', name: 'water', min: 0.5, max: 17, unit: 'mol/L' },
  { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3, unit: 'mol/L' },
];

/** Relative spread of the diameter from batch to batch: the standard deviation of its logarithm. */
export const BATCH_SPREAD = 0.03;
/** The same for the polydispersity. */
const POLYDISPERSITY_SPREAD = 0.1;

/** A batch of spheres, or why there is none. */
export type Batch =
  | ({ readonly status: 'spheres' } & SphereSample)
  | { readonly status: 'failed'; readonly code: SynthesisFailure; readonly reason: string };

export type SynthesisFailure = 'too-little-water' | 'flocculated';

/**
 * Diameter in nm of the spheres that a mixture gives:
 * d = A [H2O]^2 exp(-B [H2O]^(1/2)), A = [TEOS]^(1/2) (82 - 151 [NH3] + 1200 [NH3]^2 - 366 [NH3]^3),
 * B = 1.05 + 0.523 [NH3] - 0.128 [NH3]^2 (Bogush, Tracy and Zukoski, J. Non-Cryst. Solids 104, 95, 1988),
 * fitted for 0.1 to 0.5 mol/L TEOS, 0.5 to 17 water and 0.5 to 3 ammonia. Does not check the limits.
 */
export function stoberDiameter({ teos, water, ammonia }: StoberDesign): number {
  const a = Math.sqrt(teos) * (82 + ammonia * (-151 + ammonia * (1200 - 366 * ammonia)));
  const b = 1.05 + ammonia * (0.523 - 0.128 * ammonia);
  return a * water * water * Math.exp(-b * Math.sqrt(water));
}

/**
 * Standard deviation of ln(diameter) within a batch. Our own modelling assumption, after the general
 * observation that small Stöber particles are the less uniform ones: 0.03 + 2 nm / d, and up to 0.02 more
 * where ammonia beyond 2 mol/L lets new particles form late.
 */
export function stoberPolydispersity(design: StoberDesign): number {
  const late = 0.02 * Math.max(0, design.ammonia - 2);
  return Math.min(0.2, 0.03 + 2 / stoberDiameter(design) + late);
}

/**
 * Probability that a batch flocculates instead of staying dispersed. Our own modelling assumption: much
 * silica in much electrolyte is unstable, so the probability rises linearly in [TEOS][NH3] from 0 at
 * 0.9 mol^2/L^2 to 0.8 at 1.5, the largest product in the space.
 */
export function flocculationProbability({ teos, ammonia }: StoberDesign): number {
  return 0.8 * Math.min(1, Math.max(0, (teos * ammonia - 0.9) / 0.6));
}

/** Whether water suffices for full condensation, two moles to one: Si(OC2H5)4 + 2 H2O = SiO2 + 4 C2H5OH. */
export function hasEnoughWater({ teos, water }: StoberDesign): boolean {
  return water >= 2 * teos;
}

/**
 * One batch. Its diameter and polydispersity scatter log-normally around the formula's, which are therefore
 * the medians over batches; whether it fails is drawn too.
 */
export function synthesise(design: StoberDesign, random: Random): Batch {
  if (!hasEnoughWater(design)) {
    return {
      status: 'failed',
      code: 'too-little-water',
      reason: `too little water: ${design.water} mol/L for ${design.teos} mol/L TEOS, which needs twice its own amount`,
    };
  }
  const stability = random.uniform();
  const diameterNm = stoberDiameter(design) * Math.exp(BATCH_SPREAD * random.normal());
  const polydispersity = stoberPolydispersity(design) * Math.exp(POLYDISPERSITY_SPREAD * random.normal());
  if (stability < flocculationProbability(design)) {
    return {
      status: 'failed',
      code: 'flocculated',
      reason: 'the batch flocculated: no single spheres to measure',
    };
  }
  return { status: 'spheres', diameterNm, polydispersity };
}
