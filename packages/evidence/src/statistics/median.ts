import { binomialLowerTail, reaches } from './binomial.ts';

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The sample median: the middle value, or the mean of the two middle ones. Null for an empty list. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = ascending(values);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * Exact one-sided bounds of a median, each of level 1 - alpha, from order statistics (David and Nagaraja, "Order
 * Statistics", 3rd ed., section 7.1); null where n is too small to bound. Values may be infinite: unknown ones enter
 * the lower bound as -Infinity and the upper one as +Infinity. The lower bound exceeds b exactly when the sign test of
 * "median <= b" rejects at alpha, and likewise above.
 */
export function medianBounds(
  lowValues: readonly number[],
  highValues: readonly number[],
  alpha: number,
): { lo: number | null; hi: number | null } {
  const n = lowValues.length;
  // The largest rank with P(X <= rank - 1) <= alpha, X binomial(n, 1/2), by bisection: the tail grows with the rank.
  let rank = 0;
  let above = n;
  while (rank < above) {
    const middle = (rank + above + 1) >> 1;
    if (reaches(binomialLowerTail(middle - 1, n, 0.5), alpha)) rank = middle;
    else above = middle - 1;
  }
  if (rank === 0) return { lo: null, hi: null };
  const lo = ascending(lowValues)[rank - 1]!;
  const hi = ascending(highValues)[n - rank]!;
  return { lo: Number.isFinite(lo) ? lo : null, hi: Number.isFinite(hi) ? hi : null };
}
