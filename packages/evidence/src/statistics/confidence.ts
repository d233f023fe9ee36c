import type { Outcome } from '@genesis/contracts';
import { binomialLowerBound, binomialUpperBound } from './binomial.ts';

/** A confidence stated at the freeze, and what the test then found. */
export type StatedConfidence = { confidence: number; outcome: Outcome };

/**
 * Brier's score (Monthly Weather Review 78, 1950): the mean of (confidence - result) squared, supported being 1 and
 * refuted 0. Between 0 (best) and 1; null when nothing was decided. Inconclusive verdicts are counted apart.
 */
export function brierScore(stated: readonly StatedConfidence[]): {
  score: number | null;
  scored: number;
  inconclusive: number;
} {
  const decided = stated.filter(({ outcome }) => outcome !== 'inconclusive');
  const sum = decided.reduce(
    (total, { confidence, outcome }) => total + (confidence - (outcome === 'supported' ? 1 : 0)) ** 2,
    0,
  );
  return {
    score: decided.length === 0 ? null : sum / decided.length,
    scored: decided.length,
    inconclusive: stated.length - decided.length,
  };
}

export type CalibrationBin = {
  /** Confidences from `from` (included) to `to` (excluded). */
  from: number;
  to: number;
  scored: number;
  inconclusive: number;
  /** Over the decided ones; null when there are none. */
  meanConfidence: number | null;
  shareSupported: number | null;
  /** Exact 95 % interval of the share. */
  interval: { lo: number; hi: number } | null;
};

/** Stated confidence against the share that came true, in `bins` equal steps of confidence. */
export function calibrationTable(stated: readonly StatedConfidence[], bins = 10): CalibrationBin[] {
  return Array.from({ length: bins }, (_, index) => {
    const inBin = stated.filter(({ confidence }) => Math.floor(confidence * bins) === index);
    const decided = inBin.filter(({ outcome }) => outcome !== 'inconclusive');
    const scored = decided.length;
    const supported = decided.filter(({ outcome }) => outcome === 'supported').length;
    const some = scored > 0;
    return {
      from: index / bins,
      to: (index + 1) / bins,
      scored,
      inconclusive: inBin.length - scored,
      meanConfidence: some ? decided.reduce((sum, { confidence }) => sum + confidence, 0) / scored : null,
      shareSupported: some ? supported / scored : null,
      interval: some
        ? {
            lo: binomialLowerBound(supported, scored, 0.025),
            hi: binomialUpperBound(supported, scored, 0.025),
          }
        : null,
    };
  });
}
