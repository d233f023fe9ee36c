import { type Claim, type Family, familyAlpha, type Opening } from '@genesis/contracts';
import { claimHash } from './claim.ts';

/** Sums of decimal alphas are rounded here, so that five times 0.01 exhausts 0.05 exactly. */
const grain = 1e12;

/** A family as its first freeze fixes it. */
export const openFamily = (id: string): Family => ({ id, alpha: familyAlpha });

/** What the openings of a family have left of its alpha. Nothing is ever refunded, whatever an opening found. */
export function alphaLeft(family: Family, openings: readonly Opening[]): number {
  const spent = openings
    .filter((opening) => opening.family === family.id)
    .reduce((sum, opening) => sum + opening.alpha, 0);
  return Math.max(0, Math.round((family.alpha - spent) * grain) / grain);
}

export type SpendRequest = {
  claim: Claim;
  /** The hash that the ledger holds from the freeze. */
  frozenHash: string;
  /** `rowsHash` of the rows that the opening is to evaluate. */
  rowsHash: string;
};
export type SpendResult =
  | { kind: 'spent'; opening: Opening; alphaLeft: number }
  /** A crashed evaluation goes on over the same rows: nothing is spent, because nothing new is seen. */
  | { kind: 'resumed'; opening: Opening; alphaLeft: number }
  | {
      kind: 'refused';
      reason: 'claim-changed' | 'other-family' | 'opened-before' | 'exhausted';
      message: string;
    };

const refuse = (
  reason: Extract<SpendResult, { kind: 'refused' }>['reason'],
  message: string,
): SpendResult => ({
  kind: 'refused',
  reason,
  message,
});

/**
 * Decides an opening; pure, the caller stores it. By the union bound, the probability that a family ever supports a
 * false claim is at most the sum of what was spent, so at most its alpha, however the claims depend on each other and
 * on earlier verdicts.
 */
export function spend(family: Family, openings: readonly Opening[], request: SpendRequest): SpendResult {
  const { claim, frozenHash, rowsHash } = request;
  const hash = claimHash(claim);
  if (hash !== frozenHash) {
    return refuse('claim-changed', `the claim hashes to ${hash}, but ${frozenHash} was frozen`);
  }
  if (claim.family !== family.id) {
    return refuse('other-family', `the claim spends from family ${claim.family}, not from ${family.id}`);
  }
  const left = alphaLeft(family, openings);
  const before = openings.find((opening) => opening.claimHash === hash);
  if (before !== undefined) {
    return before.rowsHash === rowsHash && !before.concluded
      ? { kind: 'resumed', opening: before, alphaLeft: left }
      : refuse('opened-before', 'this claim was opened before; it is looked at once, whatever it found');
  }
  if (Math.round(claim.alpha * grain) > Math.round(left * grain)) {
    return refuse(
      'exhausted',
      `the claim would spend alpha ${claim.alpha}, but family ${family.id} has ${left} of ${family.alpha} left; nothing is refunded`,
    );
  }
  const opening: Opening = {
    family: family.id,
    claimHash: hash,
    alpha: claim.alpha,
    rowsHash,
    concluded: false,
  };
  return { kind: 'spent', opening, alphaLeft: alphaLeft(family, [...openings, opening]) };
}
