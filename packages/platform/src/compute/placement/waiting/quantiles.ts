/** One observation: waited exactly so long, or (censored) at least so long. */
export type Observation = { seconds: number; censored: boolean; weight: number };

/**
 * How fast the chance to wait still longer falls where nothing is known but "at least so long": to a quarter at twice
 * the time (a Pareto tail). Without it the longest wait under way would pass for the longest there is.
 */
const tailExponent = 2;

/**
 * Quantiles of a weighted sample with censored values, at levels that rise: the product-limit estimator (Kaplan and
 * Meier 1958), which shares the weight of a censored value among those that waited longer. Each is an observed value,
 * but in the tail. Sorts the sample. Values that are equal count as observed first.
 */
export function censoredQuantiles(sample: Observation[], levels: readonly number[]): number[] {
  // By weight at last, so that not even rounding depends on the order that they come in.
  sample.sort(
    (a, b) => a.seconds - b.seconds || Number(a.censored) - Number(b.censored) || a.weight - b.weight,
  );
  let left = 0;
  for (const { weight } of sample) left += weight;
  let survival = 1;
  let at = 0;
  const found: number[] = [];
  for (const { seconds, censored, weight } of sample) {
    if (!censored && left > 0) survival *= Math.max(0, 1 - weight / left);
    left -= weight;
    // Rounding in the product must not move a quantile to the next value.
    while (at < levels.length && 1 - survival >= levels[at]! - 1e-9) {
      found.push(seconds);
      at++;
    }
  }
  const longest = sample.at(-1)?.seconds ?? 0;
  for (; at < levels.length; at++) {
    found.push(longest * (survival / (1 - levels[at]!)) ** (1 / tailExponent));
  }
  return found;
}

/** The same for a sorted list of numbers of equal weight: the middle one, the mean of two in the middle. */
export function medianOfSorted(sorted: readonly number[]): number | null {
  if (sorted.length === 0) return null;
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
