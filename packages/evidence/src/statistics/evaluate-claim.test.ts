import { verdictSchema } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { armsClaim, predictionClaim } from '../../test/claims.ts';
import { claimHash, claimSeeds, reusedSeeds } from './claim.ts';
import { evaluateClaim } from './evaluate-claim.ts';
import type { ArmsRow, PredictionRow } from './units.ts';

/** Rows of which the first `hits` are predicted closer than the baseline 0, each design measured twice. */
const predictions = (hits: number, count = 40): PredictionRow[] =>
  Array.from({ length: count }, (_, index) => {
    const mean = index < hits ? 1 : -1;
    return [
      { unit: `d${index}`, y: 1.25, mean, sd: 1 },
      { unit: `d${index}`, y: 0.75, mean, sd: 1 },
    ];
  }).flat();
const starts = (differences: readonly number[], claim = armsClaim()): ArmsRow[] =>
  claimSeeds(claim).map((seed, index) => ({
    unit: String(seed),
    clever: differences[index] ?? 0,
    control: 0,
  }));

test('supported, refuted and inconclusive, with an interval that agrees', () => {
  const claim = predictionClaim();
  const high = evaluateClaim(claim, predictions(34), 'prospective');
  expect(high.outcome).toBe('supported');
  expect(high.interval.lo!).toBeGreaterThan(high.boundary);
  const low = evaluateClaim(claim, predictions(14), 'prospective');
  expect(low.outcome).toBe('refuted');
  expect(low.interval.hi!).toBeLessThan(low.boundary);
  const middle = evaluateClaim(claim, predictions(25), 'self-imported');
  expect(middle).toMatchObject({
    outcome: 'inconclusive',
    independence: 'self-imported',
    n: 40,
    estimate: 0.625,
  });
  expect(verdictSchema.parse(high)).toEqual(high);
});

test('a tie with the baseline is not closer, and replicates are one unit', () => {
  const claim = predictionClaim({ metric: { name: 'closer-than-baseline', version: 1, baseline: 1 } });
  const verdict = evaluateClaim(claim, predictions(40), 'prospective');
  expect(verdict.estimate).toBe(0);
  expect(verdict.counts).toMatchObject({ rows: 80, units: 40, missingUnits: 0 });
});

test('missing results count against support and against refutation', () => {
  const lost = predictions(34).map((row, index) => (index < 24 ? { ...row, y: Number.NaN } : row));
  const worst = evaluateClaim(predictionClaim(), lost, 'prospective');
  expect(worst.outcome).toBe('inconclusive');
  expect(worst.counts).toMatchObject({ missingRows: 24, missingUnits: 12 });
  const strict = predictionClaim({ missingData: 'inconclusive' });
  const oneLost = predictions(40).slice(2);
  expect(evaluateClaim(predictionClaim(), oneLost, 'prospective').outcome).toBe('supported');
  expect(evaluateClaim(strict, oneLost, 'prospective').outcome).toBe('inconclusive');
});

test('units beyond the sample size are left out in an order that the claim fixes', () => {
  const claim = predictionClaim();
  const all = predictions(60, 60);
  const once = evaluateClaim(claim, all, 'prospective');
  expect(once.counts).toMatchObject({ units: 60, unusedUnits: 20, missingUnits: 0 });
  expect(once.n).toBe(40);
});

test('exclusions act on inputs, and a row without the column is refused', () => {
  const rule = { column: 'x', operator: '>', value: 30, reason: 'outside the calibrated range' } as const;
  const claim = predictionClaim({ exclusions: [rule] });
  const rows = predictions(40, 50).map((row, index) => ({ ...row, inputs: { x: Math.floor(index / 2) } }));
  expect(evaluateClaim(claim, rows, 'prospective').counts.excludedUnits).toBe(19);
  expect(() => evaluateClaim(claim, predictions(40), 'prospective')).toThrow(/rows\.inputs\.x/);
});

test('arms: ties count against the claim, and foreign or repeated starts are refused', () => {
  const ahead = starts([...new Array<number>(16).fill(1), 0, 0, 0, 0, 0, -1, -1]);
  expect(evaluateClaim(armsClaim(), ahead, 'prospective')).toMatchObject({
    outcome: 'supported',
    estimate: 1,
  });
  const tied = starts([...new Array<number>(15).fill(1)]);
  expect(evaluateClaim(armsClaim(), tied, 'prospective').outcome).toBe('inconclusive');
  const minimise = armsClaim({ metric: { name: 'final-score-difference', version: 1, goal: 'minimise' } });
  expect(
    evaluateClaim(minimise, starts(new Array<number>(23).fill(1), minimise), 'prospective').outcome,
  ).toBe('refuted');
  expect(() =>
    evaluateClaim(armsClaim(), [...ahead, { unit: '7', clever: 9, control: 0 }], 'prospective'),
  ).toThrow(/frozen seeds/);
  expect(() => evaluateClaim(armsClaim(), [...ahead, ahead[0]!], 'prospective')).toThrow(/twice/);
  expect(() => evaluateClaim(armsClaim(), predictions(3), 'prospective')).toThrow(/kind "arms"/);
});

test('the verdict does not depend on the order of rows, to the bit', () => {
  const rows = predictions(31).map((row, index) => ({ ...row, y: row.y! + Math.sin(index) / 3 }));
  const expected = evaluateClaim(predictionClaim(), rows, 'prospective');
  fc.assert(
    fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
      expect(evaluateClaim(predictionClaim(), shuffled, 'prospective')).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});

test('the outcome and the interval never disagree', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -5, max: 5, noNaN: true })), {
        minLength: 20,
        maxLength: 60,
      }),
      fc.constantFrom(0, 0.5, 1),
      fc.constantFrom(0.05, 0.01, 2 ** -20),
      (differences, minimalEffect, alpha) => {
        const claim = armsClaim({ sampleSize: differences.length, minimalEffect, alpha });
        const { outcome, interval, boundary } = evaluateClaim(
          claim,
          starts(differences, claim),
          'prospective',
        );
        expect(outcome === 'supported').toBe(interval.lo !== null && interval.lo > boundary);
        expect(outcome === 'refuted').toBe(interval.hi !== null && interval.hi < boundary);
      },
    ),
    { numRuns: 100 },
  );
});

test('hash and seeds are fixed by the claim', () => {
  const claim = armsClaim();
  expect(claimHash(armsClaim())).toBe(claimHash(claim));
  expect(claimHash(armsClaim({ confidence: 0.81 }))).not.toBe(claimHash(claim));
  const seeds = claimSeeds(claim);
  expect(new Set(seeds).size).toBe(23);
  expect(reusedSeeds(claim, [1, 2, seeds[4]!])).toEqual([seeds[4]]);
  expect(claimSeeds(predictionClaim())).toEqual([]);
});
