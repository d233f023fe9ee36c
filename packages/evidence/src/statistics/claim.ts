import { type Claim, claimSchema } from '@genesis/contracts';
import { canonicalHash, canonicalJson } from '../canonical.ts';
import { deriveSeeds } from './seeded.ts';
import type { EvaluationRow } from './units.ts';

/**
 * SHA-256 over the canonical JSON (RFC 8785) of a claim: what the ledger freezes. Throws a ZodError when the claim is
 * not well formed, so that no hash exists of a claim that could not be tested.
 */
export const claimHash = (claim: Claim): string => canonicalHash(claimSchema.parse(claim));

/**
 * The seeds of a claim's fresh measurements, in order, `sampleSize` of them: 48-bit integers derived from the frozen
 * root. A unit's name in the rows is its seed in decimal. Empty for a claim on a split.
 */
export const claimSeeds = (claim: Claim): number[] =>
  claim.source.kind === 'split'
    ? []
    : deriveSeeds(claim.source.seedRoot, claim.source.kind, claim.sampleSize);

/** The seeds of a claim that were already used while exploring; they must be none before the claim is frozen. */
export function reusedSeeds(claim: Claim, explored: Iterable<number>): number[] {
  const used = new Set(explored);
  return claimSeeds(claim).filter((seed) => used.has(seed));
}

/** Absent results are written as null, so that NaN has a canonical form too. */
const storable = (row: EvaluationRow): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === 'number' && !Number.isFinite(value) ? null : value]),
  );

/** SHA-256 that names the set of rows of an opening, in whatever order they come. */
export const rowsHash = (rows: readonly EvaluationRow[]): string =>
  canonicalHash(rows.map((row) => canonicalJson(storable(row))).sort());
