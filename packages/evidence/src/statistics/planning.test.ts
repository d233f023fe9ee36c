import { expect, test } from 'vitest';
import { brierScore, calibrationTable } from './confidence.ts';
import { experimentProblems } from './experiments.ts';
import { planTest, suggestSampleSize } from './sample-size.ts';

test('the suggested sample size is the smallest with that power', () => {
  const question = { boundary: 0.5, truth: 0.8, alpha: 0.05 };
  const plan = suggestSampleSize(question, { power: 0.9 });
  expect(plan.power).toBeGreaterThanOrEqual(0.9);
  expect(plan.attainedAlpha).toBeLessThanOrEqual(0.05);
  for (let n = 1; n < plan.sampleSize; n++) expect(planTest(question, n).power).toBeLessThan(0.9);
  // The textbook case: 15 of 20 heads is the 5 % critical value of a fair coin, at level 0.0207.
  expect(planTest(question, 20)).toMatchObject({ criticalValue: 15 });
  expect(planTest(question, 20).attainedAlpha).toBeCloseTo(0.020695, 6);
});

test('among a given number of designs it picks the most powerful use, which need not be all', () => {
  const question = { boundary: 0.5, truth: 0.7, alpha: 0.05 };
  const plan = suggestSampleSize(question, { power: 0.99, atLeast: 20, atMost: 24 });
  expect(plan.sampleSize).toBe(23);
  expect(plan.power).toBeGreaterThan(planTest(question, 24).power);
  expect(() => suggestSampleSize({ ...question, truth: 0.5 }, { power: 0.9 })).toThrow(
    /truth: must lie above/,
  );
});

test('the Brier score counts what was decided, and shows the rest apart', () => {
  const stated = [
    { confidence: 0.9, outcome: 'supported' },
    { confidence: 0.6, outcome: 'refuted' },
    { confidence: 0.6, outcome: 'inconclusive' },
  ] as const;
  const result = brierScore(stated);
  expect(result).toMatchObject({ scored: 2, inconclusive: 1 });
  expect(result.score).toBeCloseTo((0.01 + 0.36) / 2, 12);
  expect(brierScore([])).toEqual({ score: null, scored: 0, inconclusive: 0 });
  const table = calibrationTable(stated);
  expect(table.reduce((sum, bin) => sum + bin.scored + bin.inconclusive, 0)).toBe(3);
  expect(table[6]).toMatchObject({ scored: 1, inconclusive: 1, shareSupported: 0, meanConfidence: 0.6 });
  expect(table[0]).toMatchObject({ scored: 0, shareSupported: null, interval: null });
});

test('dropped, doubled and overspent experiments are named', () => {
  const arms = [
    { name: 'clever', budget: 3, started: 3 },
    { name: 'random', budget: 3, started: 4 },
  ];
  const whole = [0, 1, 2, 3].map((index) => ({ arm: 'random', index }));
  const problems = experimentProblems(arms, [
    ...whole,
    { arm: 'clever', index: 0 },
    { arm: 'clever', index: 2 },
    { arm: 'clever', index: 2 },
    { arm: 'clever', index: 5 },
    { arm: 'ghost', index: 0 },
  ]);
  expect(problems.map((problem) => `${problem.field} ${problem.message}`).sort()).toEqual([
    'arms.random started 4 experiments on a budget of 3',
    'experiments.clever.1 was started but is not in the record',
    'experiments.clever.2 is recorded twice',
    'experiments.clever.5 is recorded but was never started',
    'experiments.ghost.0 the campaign has no such arm',
  ]);
  expect(experimentProblems([{ name: 'random', budget: 4, started: 4 }], whole)).toEqual([]);
});
