import type { Goal } from './goal.ts';

/**
 * How values of the objective become what the surrogate models: turned so that more is better (unless a target is
 * sought), centred, scaled to unit spread, and bent by a Yeo-Johnson power (Yeo and Johnson, Biometrika 87, 2000)
 * with exponent `power` (1 is straight). u = value / magnitude keeps sums in range for any finite values.
 */
export type OutcomeScale = {
  sign: 1 | -1;
  magnitude: number;
  center: number;
  spread: number;
  power: number;
};

/** Center and spread of the values; a spread of 1 magnitude when they do not differ. */
export function outcomeScale(values: readonly number[], goal: Goal): OutcomeScale {
  const sign = goal.kind === 'minimize' ? -1 : 1;
  const magnitude = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const scaled = values.map((value) => value / magnitude);
  const center = scaled.length === 0 ? 0 : scaled.reduce((sum, u) => sum + u, 0) / scaled.length;
  const variance = scaled.reduce((sum, u) => sum + (u - center) ** 2, 0) / Math.max(1, scaled.length - 1);
  const spread = Math.sqrt(variance);
  // Differences at the level of rounding are no signal.
  return { sign, magnitude, center, spread: spread > 1e-13 * Math.abs(center) ? spread || 1 : 1, power: 1 };
}

export function standardise(scale: OutcomeScale, value: number): number {
  return (scale.sign * (value / scale.magnitude - scale.center)) / scale.spread;
}

/** The inverse of `standardise`, kept within the range of numbers. */
export function restore(scale: OutcomeScale, standard: number): number {
  const value = (scale.center + scale.sign * scale.spread * standard) * scale.magnitude;
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value));
}

/** Yeo-Johnson with exponent `power` strictly between 0 and 2. */
export function bend(power: number, z: number): number {
  if (power === 1) return z;
  return z >= 0
    ? Math.expm1(power * Math.log1p(z)) / power
    : -Math.expm1((2 - power) * Math.log1p(-z)) / (2 - power);
}

/** Inverse of `bend`. */
export function unbend(power: number, bent: number): number {
  if (power === 1) return bent;
  return bent >= 0
    ? Math.expm1(Math.log1p(power * bent) / power)
    : -Math.expm1(Math.log1p(-(2 - power) * bent) / (2 - power));
}

/** The derivative of bend(power, z) by the power, and of the logarithm of its slope in z by the power. */
export function bendGradient(
  power: number,
  z: number,
): { byPower: number; logSlope: number; logSlopeByPower: number } {
  const log = Math.log1p(Math.abs(z));
  const exponent = z >= 0 ? power : 2 - power;
  const grown = Math.exp(exponent * log);
  const byExponent = (grown * (exponent * log - 1) + 1) / (exponent * exponent);
  return {
    byPower: byExponent,
    logSlope: (exponent - 1) * log,
    logSlopeByPower: z >= 0 ? log : -log,
  };
}
