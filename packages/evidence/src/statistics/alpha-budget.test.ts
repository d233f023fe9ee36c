import fc from 'fast-check';
import { expect, test } from 'vitest';
import { armsClaim, predictionClaim } from '../../test/claims.ts';
import { alphaLeft, openFamily, spend } from './alpha-budget.ts';
import { claimHash, rowsHash } from './claim.ts';

const family = openFamily('spl_demo');
const rows = rowsHash([{ unit: 'a', y: 1, mean: 1 }]);
const request = (alpha: number, confidence = 0.5) => {
  const claim = predictionClaim({ alpha, confidence });
  return { claim, frozenHash: claimHash(claim), rowsHash: rows };
};
type Openings = Parameters<typeof alphaLeft>[1];
function mustSpend(openings: Openings, ...args: Parameters<typeof request>): Openings {
  const result = spend(family, openings, request(...args));
  if (result.kind !== 'spent') throw new Error(`expected an opening, got ${result.kind}`);
  return [...openings, result.opening];
}

test('five openings at 0.01 exhaust 0.05 exactly, and the sixth is refused', () => {
  let openings: Openings = [];
  for (let i = 1; i <= 5; i++) openings = mustSpend(openings, 0.01, i / 10);
  expect(alphaLeft(family, openings)).toBe(0);
  expect(spend(family, openings, request(1e-6, 0.9))).toMatchObject({ kind: 'refused', reason: 'exhausted' });
});

test('a second opening of a claim is refused; a crashed one resumes over the same rows only', () => {
  const openings = mustSpend([], 0.02);
  expect(spend(family, openings, request(0.02))).toMatchObject({ kind: 'resumed', alphaLeft: 0.03 });
  const others = { ...request(0.02), rowsHash: rowsHash([{ unit: 'b', y: 1, mean: 1 }]) };
  expect(spend(family, openings, others)).toMatchObject({ kind: 'refused', reason: 'opened-before' });
  const concluded = openings.map((opening) => ({ ...opening, concluded: true }));
  expect(spend(family, concluded, request(0.02))).toMatchObject({ kind: 'refused', reason: 'opened-before' });
});

test('a changed claim and a claim of another family are refused', () => {
  const frozen = request(0.02);
  const changed = { ...frozen, claim: predictionClaim({ alpha: 0.02, confidence: 0.5, threshold: 0.3 }) };
  expect(spend(family, [], changed)).toMatchObject({ kind: 'refused', reason: 'claim-changed' });
  const claim = armsClaim({ family: 'cmp_other' });
  const foreign = { claim, frozenHash: claimHash(claim), rowsHash: rows };
  expect(spend(family, [], foreign)).toMatchObject({ kind: 'refused', reason: 'other-family' });
});

test('no sequence of requests ever spends more than the family has', () => {
  const alphas = fc.array(fc.double({ min: 1e-4, max: 0.05, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(alphas, (requested) => {
      let openings: Openings = [];
      requested.forEach((alpha, index) => {
        const before = alphaLeft(family, openings);
        const result = spend(family, openings, request(alpha, (index + 1) / 100));
        if (result.kind === 'spent') openings = [...openings, result.opening];
        expect(result.kind === 'spent').toBe(Math.round(alpha * 1e12) <= Math.round(before * 1e12));
      });
      expect(openings.reduce((sum, opening) => sum + opening.alpha, 0)).toBeLessThanOrEqual(0.05 + 1e-10);
    }),
    { numRuns: 50 },
  );
});
