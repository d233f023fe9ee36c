import { expect, test } from 'vitest';
import { claimBoundary, claimSchema, completeClaim } from './hypothesis.ts';

const sha = 'a'.repeat(64);
const draft = {
  version: 1,
  kind: 'prediction',
  population: 'designs of the table',
  direction: 'greater',
  threshold: 0.5,
  minimalEffect: 0.1,
  alpha: 0.05,
  confidence: 0.8,
  sampleSize: 40,
  design: 'fixed',
  exclusions: [],
  missingData: 'worst-case',
  family: 'spl_1',
  estimand: 'probability-closer-than-baseline',
  metric: { name: 'closer-than-baseline', version: 1, baseline: 2 },
  test: { name: 'exact-binomial', version: 1 },
  source: { kind: 'split', splitId: 'spl_1', part: 'confirm' },
  model: { id: 'mdl_1', hash: sha },
} as const;
const arms = {
  ...draft,
  kind: 'arms',
  threshold: 0,
  sampleSize: 20,
  estimand: 'median-paired-difference',
  metric: { name: 'final-score-difference', version: 1, goal: 'minimise' },
  test: { name: 'exact-sign', version: 1 },
  source: {
    kind: 'fresh-repetitions',
    capability: { name: 'silica', version: '1' },
    spaceHash: sha,
    clever: { name: 'explorer', configurationHash: sha },
    control: { name: 'random', configurationHash: sha },
    budget: 30,
    scoredOn: 'noiseless-truth',
    seedRoot: sha,
  },
  model: undefined,
} as const;
const { model: _none, ...armsDraft } = arms;

function problems(input: object): string[] {
  const complete = { statement: '', ...input };
  const result = claimSchema.safeParse(complete);
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

test('a complete claim passes its own schema, and its statement names every number', () => {
  const claim = completeClaim(draft);
  expect(claimSchema.parse(claim)).toEqual(claim);
  for (const part of ['mdl_1', '0.5', 'by more than 0.1', '40 sealed', 'alpha 0.05', 'confidence: 0.8']) {
    expect(claim.statement).toContain(part);
  }
  expect(claimBoundary(claim)).toBeCloseTo(0.6, 15);
  expect(completeClaim(armsDraft).statement).toContain('20 fresh paired starts');
});

test('a changed number without its statement is refused, and so is a changed statement', () => {
  const claim = completeClaim(draft);
  expect(problems({ ...claim, threshold: 0.55 })[0]).toMatch(/^statement: /);
  expect(problems({ ...claim, statement: `${claim.statement} Surely.` })[0]).toMatch(/^statement: /);
});

test.each([
  ['an unknown field', { ...draft, note: 'x' }, /note/],
  ['a sequential design', { ...draft, design: 'sequential' }, /^design: .*e-process/m],
  ['an alpha above the family', { ...draft, alpha: 0.1 }, /^alpha: /m],
  ['certainty', { ...draft, confidence: 1 }, /^confidence: /m],
  ['a boundary outside (0, 1)', { ...draft, threshold: 0.95 }, /^threshold: .*strictly between 0 and 1/m],
  ['the explore part', { ...draft, source: { ...draft.source, part: 'explore' } }, /confirm part only/],
  ['a mismatched estimand', { ...draft, estimand: 'probability-within-tolerance' }, /^estimand: /m],
  ['a sample that cannot support', { ...draft, sampleSize: 5 }, /^sampleSize: .*smallest possible/m],
  ['a rule that drops missing results', { ...draft, missingData: 'drop' }, /^missingData: /m],
  ['nineteen starts', { ...armsDraft, sampleSize: 19 }, /^sampleSize: .*at least 20/m],
  [
    'arms scored on the maximum observed',
    { ...armsDraft, source: { ...arms.source, scoredOn: 'observed' } },
    /scoredOn/,
  ],
  ['a model in a claim about arms', { ...armsDraft, model: draft.model }, /model/],
  ['an infinite threshold', { ...draft, threshold: Number.POSITIVE_INFINITY }, /^threshold: /m],
])('refuses %s and names the field', (_name, input, message) => {
  expect(problems(input).join('\n')).toMatch(message);
});
