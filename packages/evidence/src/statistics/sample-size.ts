import { invalidField } from '@genesis/contracts';
import { binomialUpperTail, reaches } from './binomial.ts';

/** A one-sided exact test of a probability: for a claim about arms `boundary` is 1/2 and `truth` is P(D > boundary). */
export type PowerQuestion = {
  /** Null value of the probability, strictly between 0 and 1. For direction "less" give one minus it, likewise below. */
  boundary: number;
  /** The probability that the claimant holds to be true, above the boundary. */
  truth: number;
  alpha: number;
};
export type PlannedTest = {
  sampleSize: number;
  /** The claim is supported from this number of successes on. */
  criticalValue: number;
  /** The exact level of the test, at most alpha: what discreteness leaves of it. */
  attainedAlpha: number;
  power: number;
};

/** What the exact test of `sampleSize` units can do. Power is P(supported) when the probability is `truth`. */
export function planTest({ boundary, truth, alpha }: PowerQuestion, sampleSize: number): PlannedTest {
  let low = 0;
  let high = sampleSize + 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reaches(binomialUpperTail(middle, sampleSize, boundary), alpha)) high = middle;
    else low = middle + 1;
  }
  return {
    sampleSize,
    criticalValue: low,
    attainedAlpha: binomialUpperTail(low, sampleSize, boundary),
    power: binomialUpperTail(low, sampleSize, truth),
  };
}

/**
 * The smallest sample size from `atLeast` to `atMost` whose power reaches `power`; when none does, the one with the
 * most power (the smallest of equals), which the caller sees from its `power`. Discreteness makes power a saw-tooth in
 * the sample size, so a larger sample is not always a better one: this also picks the best use of a given number of
 * designs. Throws `invalid-input` when no sample could show the effect.
 */
export function suggestSampleSize(
  question: PowerQuestion,
  { power, atLeast = 1, atMost = 10_000 }: { power: number; atLeast?: number; atMost?: number },
): PlannedTest {
  const { boundary, truth, alpha } = question;
  if (!(boundary > 0 && boundary < 1)) throw invalidField('boundary', 'must lie strictly between 0 and 1');
  if (!(truth > boundary && truth <= 1)) {
    throw invalidField(
      'truth',
      `must lie above the boundary ${boundary} and at most at 1: nothing else can be shown`,
    );
  }
  if (!(alpha > 0 && alpha < 1)) throw invalidField('alpha', 'must lie strictly between 0 and 1');
  if (!(power > 0 && power < 1)) throw invalidField('power', 'must lie strictly between 0 and 1');
  if (!(atLeast >= 1 && atMost >= atLeast))
    throw invalidField('atMost', `must be at least ${Math.max(1, atLeast)}`);
  let best = planTest(question, atLeast);
  for (let n = atLeast + 1; n <= atMost && best.power < power; n++) {
    const plan = planTest(question, n);
    if (plan.power > best.power) best = plan;
  }
  return best;
}
