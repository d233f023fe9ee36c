import type { Outcome } from '@genesis/contracts';

export const alpha = 0.05;

/** Hypotheses of one world, all of them false: how many were called supported all the same. */
export type Tally = {
  kind: 'prediction' | 'arms';
  world: string;
  campaigns: number;
  /** False hypotheses tested. */
  hypotheses: number;
  supported: number;
  refuted: number;
  /** alpha plus three standard errors of a share over so many hypotheses. */
  allowed: number;
  holds: boolean;
  /** At the boundary a refutation, too, may come only with probability alpha; elsewhere it is right. */
  atBoundary: boolean;
  /** What the same people would have claimed without the rules, where that says something. */
  naive?: { what: string; share: number };
};

const threeErrors = (n: number): number => alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / n);

export function tallyOf(
  kind: Tally['kind'],
  world: string,
  campaigns: number,
  outcomes: readonly Outcome[],
  { atBoundary = false, naive }: { atBoundary?: boolean; naive?: { what: string; supported: number } } = {},
): Tally {
  const hypotheses = outcomes.length;
  const supported = outcomes.filter((outcome) => outcome === 'supported').length;
  const refuted = outcomes.filter((outcome) => outcome === 'refuted').length;
  const allowed = threeErrors(hypotheses);
  return {
    kind,
    world,
    campaigns,
    hypotheses,
    supported,
    refuted,
    allowed,
    atBoundary,
    holds: supported / hypotheses <= allowed && (!atBoundary || refuted / hypotheses <= allowed),
    ...(naive === undefined ? {} : { naive: { what: naive.what, share: naive.supported / hypotheses } }),
  };
}

/** Power of our test beside the oracle's, for one true effect. */
export type PowerRow = {
  kind: 'prediction' | 'arms';
  /** How far the true probability lies above the boundary. */
  effect: number;
  sampleSize: string;
  hypotheses: number;
  power: number;
  oracle: number;
  ratio: number;
  /** Three standard errors of the ratio's simulated part. */
  error: number;
  holds: boolean;
  note: string;
};

export function powerRow(row: Omit<PowerRow, 'ratio' | 'error' | 'holds'>): PowerRow {
  const ratio = row.power / row.oracle;
  const error = (3 * Math.sqrt((row.power * (1 - row.power)) / row.hypotheses)) / row.oracle;
  return { ...row, ratio, error, holds: ratio >= 0.9 };
}
