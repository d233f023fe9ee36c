import type { Interval } from '@genesis/contracts';
import { binomialLowerBound, binomialLowerTail, binomialUpperBound, binomialUpperTail } from './binomial.ts';
import { median, medianBounds } from './median.ts';

/** Both one-sided p-values, and the interval that is dual to them (level 1 - 2 alpha). */
export type TestResult = { pGreater: number; pLess: number; estimate: number | null; interval: Interval };

/**
 * Exact binomial test of a probability against `boundary`. Of `n` units `successes` are successes and `missing` have
 * no result; a missing one is a failure for "greater" and a success for "less", so both p-values hold whatever made
 * results go missing. Interval: Clopper and Pearson, Biometrika 26 (1934), widened likewise.
 */
export function exactBinomialTest(
  { n, successes, missing }: { n: number; successes: number; missing: number },
  boundary: number,
  alpha: number,
): TestResult {
  return {
    pGreater: binomialUpperTail(successes, n, boundary),
    pLess: binomialLowerTail(successes + missing, n, boundary),
    estimate: n > missing ? successes / (n - missing) : null,
    interval: {
      lo: binomialLowerBound(successes, n, alpha),
      hi: binomialUpperBound(successes + missing, n, alpha),
      level: 1 - 2 * alpha,
    },
  };
}

/**
 * Exact sign test of a median against `boundary`. A difference equal to the boundary counts against either rejection,
 * as do `missing` ones. Valid for any distribution of the differences, with ties, skew and infinite variance: if some
 * median is at most b, then P(D > b) <= 1/2.
 */
export function exactSignTest(
  { differences, missing }: { differences: readonly number[]; missing: number },
  boundary: number,
  alpha: number,
): TestResult {
  const n = differences.length + missing;
  const above = differences.filter((value) => value > boundary).length;
  const below = differences.filter((value) => value < boundary).length;
  const unknown = (value: number): number[] => new Array<number>(missing).fill(value);
  return {
    pGreater: binomialUpperTail(above, n, 0.5),
    pLess: binomialUpperTail(below, n, 0.5),
    estimate: median(differences),
    interval: {
      ...medianBounds(
        [...differences, ...unknown(Number.NEGATIVE_INFINITY)],
        [...differences, ...unknown(Number.POSITIVE_INFINITY)],
        alpha,
      ),
      level: 1 - 2 * alpha,
    },
  };
}
