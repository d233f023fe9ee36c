import { expect, test } from 'vitest';
import { type Edits, example, exampleWith } from '../test/example.ts';
import { criteria } from './readiness.ts';
import { scoreCard } from './score.ts';
import { validateCard } from './validate.ts';

const score = (edits: Edits) => scoreCard(exampleWith(edits));

test('the criteria are worth 100 points', () => {
  expect(criteria.reduce((sum, { points }) => sum + points, 0)).toBe(100);
  expect(new Set(criteria.map(({ name }) => name)).size).toBe(criteria.length);
});

test('the example is ready, and nearly complete', () => {
  const found = scoreCard(example());
  expect(found.readiness).toBe(100);
  expect(found.completeness).toBeGreaterThan(80);
  expect(found.completeness).toBeLessThan(100);
  expect(found.byBlock.every(({ declared, answered, asked }) => declared && answered <= asked)).toBe(true);
});

test('the arithmetic is the documented one', () => {
  const card = { fields: { supports_discoverability: 'Yes' }, body: '' };
  const { completeness, byBlock } = scoreCard(card);
  const { asked, answered, declared } = byBlock[0]!;
  expect([declared, answered]).toEqual([true, 0]);
  // What rules demand of this card counts three, the rest one; of six flags one is answered.
  const demanded = validateCard(card)
    .filter(
      ({ severity, field }) => ['error', 'warn'].includes(severity) && field.startsWith('discoverability'),
    )
    .map(({ field }) => field);
  const required = new Set(demanded).size;
  expect(required).toBeGreaterThan(25);
  expect(completeness).toBe(Math.round((1000 * 3) / (3 * (6 + required) + (asked - required))) / 10);
});

test.each([
  ['a required field', 'governed_use.use_governance.current_use', 'training'],
  ['a field that may apply', 'reusability.citation.report_number', 'R-1'],
  ['a field that programs need', 'ai_usability.ai_usage.bias_risks', 'none known'],
  ['a permission', 'ai_usability.ai_usage.training_use_status', 'No'],
  ['a unit of one feature', 'interoperability.data_structure.features[2].unit', 'm'],
  [
    'a group that is not there',
    'interoperability.related_resources.publications',
    [{ type: 'doi', value: '10.1/x', relationship: 'references' }],
  ],
])('filling %s gains what was foretold', (_, field, value) => {
  const before = score({ [field]: undefined });
  const after = score({ [field]: value });
  const step = before.next.find((one) => one.field === field)!;
  // A group brings questions of its own, all answered here, so it gains a little more.
  const tolerance = Array.isArray(value) ? 0.5 : 0.11;
  expect(Math.abs(after.completeness - before.completeness - step.gain.completeness)).toBeLessThan(tolerance);
  expect(Math.abs(after.readiness - before.readiness - step.gain.readiness)).toBeLessThan(0.11);
  expect(after.next.map((one) => one.field)).not.toContain(field);
});

test('what to do next comes by gain', () => {
  const { next } = score({
    'ai_usability.ai_usage.training_use_status': '',
    'reusability.citation.report_number': '',
    'governed_use.use_governance.current_use': '',
  });
  const totals = next.map(({ gain }) => gain.completeness + gain.readiness);
  for (const [index, total] of totals.entries())
    if (index > 0) expect(total).toBeLessThanOrEqual(totals[index - 1]! + 0.1);
  expect(next.slice(0, 2).map(({ field }) => field)).toEqual([
    'ai_usability.ai_usage.training_use_status',
    'governed_use.use_governance.current_use',
  ]);
});

test('NA-01: not_applicable counts as an answer, a blank as open', () => {
  const field = 'reusability.citation.report_number';
  expect(score({ [field]: 'not_applicable' }).completeness).toBeGreaterThan(
    score({ [field]: '' }).completeness,
  );
});

test('a value that the field cannot have is no answer', () => {
  const field = 'ai_usability.ai_usage.training_use_status';
  expect(score({ [field]: 'Maybe' })).toEqual(score({ [field]: '' }));
});

test('ACC-05: of partner classes and environments an empty list is an answer, a missing one is not', () => {
  for (const name of ['approved_environments', 'intended_partner_classes']) {
    const field = `accessibility.access_policy.${name}`;
    expect(score({ [field]: [] }).completeness).toBeGreaterThan(score({ [field]: undefined }).completeness);
  }
  const formats = 'interoperability.data_structure.formats';
  expect(score({ [formats]: [] })).toEqual(score({ [formats]: undefined }));
});

test('what a card does not declare is not asked', () => {
  const { byBlock, next } = score({ supports_reusability: 'No', reusability: undefined });
  expect(byBlock.find(({ block }) => block === 'reusability')).toMatchObject({ declared: false, asked: 0 });
  expect(
    next
      .filter(({ gain }) => gain.completeness > 0)
      .map(({ field }) => field)
      .filter((field) => field.startsWith('reusability')),
  ).toEqual([]);
});

test('an empty card can be scored', () => {
  const { completeness, readiness } = scoreCard({ fields: {}, body: '' });
  expect([completeness, readiness]).toEqual([0, 0]);
});
