import { labelSchema, levels, type Purpose, purposes } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Edits, example, exampleWith } from '../test/example.ts';
import type { Value } from './card.ts';
import { type Governance, governanceOf } from './governance.ts';
import { blank, governanceRows, markingLists, openness, other, type Row } from './governance-rows.ts';
import { fields } from './specification.ts';

const of = (edits: Edits): Governance => governanceOf(exampleWith(edits));
const base = governanceOf(example());
const sensitivity = 'discoverability.sensitivity';
const metadata = 'governed_use.non_sensitivity_governance_metadata';
const typeOf = new Map(fields.map(({ path, type }) => [path, type]));

/** The example with the one answer of a row, and with what makes the row count. */
function cardOf({ field, value, unlessNo }: Row, isNot = true): Governance {
  const word = value === other ? 'A word that nobody knows' : value;
  const given: Value | undefined = value === blank ? undefined : typeOf.get(field) === 'list' ? [word] : word;
  return of({ [field]: given, ...(unlessNo === undefined ? {} : { [unlessNo]: isNot ? 'Yes' : 'No' }) });
}

const strictness = (governance: Governance, purpose: Purpose): number =>
  openness.indexOf(governance.purposes[purpose]);
const height = ({ label }: Governance): number => levels.indexOf(label.level);

test('the example is public, and open but for its conditions', () => {
  expect(base).toMatchObject({
    label: { level: 'public', categories: [] },
    purposes: {
      explore: 'allowed',
      train: 'allowed',
      infer: 'allowed',
      evaluate: 'conditional',
      publish: 'allowed',
    },
    conditions: { evaluate: 'Report scores on the test split only, and name dataset version 1.0.' },
    agreement: { required: false, types: [] },
    approvals: [],
    humanReview: true,
    embargoUntil: null,
    environments: { kind: 'any' },
    licences: ['CC-BY-4.0'],
  });
});

test.each(governanceRows.map((row) => [`${row.field} ${row.value}`, row] as const))('%s', (_, row) => {
  const { effect } = row;
  const found = cardOf(row);
  expect(() => labelSchema.parse(found.label)).not.toThrow();
  expect(height(found)).toBeGreaterThanOrEqual(levels.indexOf(effect.level ?? 'public'));
  for (const category of effect.categories ?? []) expect(found.label.categories).toContain(category);
  for (const [purpose, open] of Object.entries(effect.purposes ?? {}))
    expect(strictness(found, purpose as Purpose)).toBe(openness.indexOf(open));
  if (effect.agreements !== undefined) expect(found.agreement.required).toBe(true);
  for (const type of effect.agreements ?? []) expect(found.agreement.types).toContain(type);
  for (const approval of effect.approvals ?? []) expect(found.approvals).toContain(approval);
  // What the row does not name stays as it was.
  if (row.unlessNo === undefined) {
    expect(found.label.level).toBe(effect.level ?? 'public');
    // Where a status is on, a blank beside it counts as unknown.
    const beside = governanceRows.filter((one) => one.unlessNo === row.field && row.value !== 'No');
    const categories = [row, ...beside].flatMap((one) => one.effect.categories ?? []);
    expect(found.label.categories).toEqual([...new Set(categories)].sort());
    for (const purpose of purposes)
      expect(found.purposes[purpose]).toBe(
        effect.purposes?.[purpose] ?? (purpose in base.purposes ? base.purposes[purpose] : 'denied'),
      );
    expect(found.agreement).toEqual({
      required: effect.agreements !== undefined,
      types: effect.agreements ?? [],
    });
    expect(found.approvals).toEqual(effect.approvals ?? []);
    if (row.field.endsWith('human_review_required'))
      expect(found.humanReview).toBe(effect.humanReview ?? false);
  } else expect(cardOf(row, false).label).toEqual({ level: 'public', categories: [] });
});

test('every value of the vocabularies has a row, and every row a value of the vocabulary', () => {
  for (const field of new Set(governanceRows.map((row) => row.field))) {
    const { vocabulary = [] } = fields.find(({ path }) => path === field)!;
    const rows = governanceRows.filter((row) => row.field === field).map(({ value }) => value);
    expect(rows).toContain(other);
    expect(rows.filter((value) => ![blank, other, 'not_applicable', ...vocabulary].includes(value))).toEqual(
      [],
    );
    const unnamed = vocabulary.filter((value) => !rows.includes(value) && value !== 'not_applicable');
    expect(unnamed, field).toEqual([]);
    expect(new Set(rows).size).toBe(rows.length);
  }
});

test('an unknown word is never treated better than a known one', () => {
  for (const field of new Set(governanceRows.map((row) => row.field))) {
    const rows = governanceRows.filter((row) => row.field === field);
    const unknownRow = rows.find(({ value }) => value === other)!;
    for (const row of rows) {
      const { unlessNo } = row;
      const unknown = cardOf(unlessNo === undefined ? unknownRow : { ...unknownRow, unlessNo });
      const known = cardOf(row);
      expect(height(unknown), field).toBeGreaterThanOrEqual(height(known));
      if (known.label.categories.length > 0) expect(unknown.label.categories.length).toBeGreaterThan(0);
      for (const purpose of purposes)
        expect(strictness(unknown, purpose)).toBeGreaterThanOrEqual(strictness(known, purpose));
      if (
        known.agreement.required &&
        !known.approvals.includes('Agreement_Defined') &&
        !field.endsWith('authorization_required')
      )
        expect(unknown.agreement.required).toBe(true);
    }
  }
});

test.each<[string, Edits, object]>([
  [
    'controlled by EAR',
    {
      [`${metadata}.export_control.export_control_status`]: 'Yes',
      [`${metadata}.export_control.export_control_basis`]: 'EAR',
    },
    { label: { level: 'controlled', categories: ['export:ear'] }, purposes: { publish: 'denied' } },
  ],
  [
    'export control without a regime',
    { [`${metadata}.export_control.export_control_status`]: 'Yes' },
    { label: { level: 'controlled', categories: ['export:unknown'] } },
  ],
  [
    'personal data',
    { [`${metadata}.privacy.pii_status`]: 'Yes' },
    {
      label: { level: 'controlled', categories: ['pii'] },
      purposes: { publish: 'denied', train: 'allowed' },
    },
  ],
  [
    'secret restricted data',
    {
      [`${sensitivity}.classified_status`]: 'Yes',
      [`${sensitivity}.classification_level`]: 'Secret',
      [`${sensitivity}.classification_category`]: ['RD'],
    },
    { label: { level: 'classified', categories: ['classified:rd', 'classified:secret'] } },
  ],
  [
    'CUI with a dissemination limit',
    {
      [`${sensitivity}.cui_status`]: 'Yes',
      [`${sensitivity}.cui_specified_categories`]: ['CTI'],
      [`${sensitivity}.cui_limited_dissemination_controls`]: ['REL TO USA, GBR'],
    },
    { label: { level: 'controlled', categories: ['cui', 'cui:cti', 'dissemination:rel-to-usa-gbr'] } },
  ],
  [
    'no training',
    { 'ai_usability.ai_usage.training_use_status': 'No' },
    { purposes: { train: 'denied', explore: 'denied', infer: 'allowed' } },
  ],
  [
    'a data use agreement',
    {
      [`${metadata}.rights_release_records.agreement_required`]: 'Yes',
      [`${metadata}.rights_release_records.agreement_type`]: 'DUA',
    },
    { agreement: { required: true, types: ['DUA'] } },
  ],
  [
    'an embargo',
    { 'discoverability.workflow.state': 'Embargo', 'discoverability.workflow.embargo_until': '2027-05-01' },
    { embargoUntil: '2027-05-01', purposes: { publish: 'allowed' } },
  ],
  [
    'an embargo without an end',
    { 'discoverability.workflow.state': 'Embargo' },
    { embargoUntil: 'unknown', purposes: { publish: 'denied' } },
  ],
  [
    'an embargo until a day that no calendar has',
    { 'discoverability.workflow.embargo_until': '2027-02-30' },
    { embargoUntil: 'unknown' },
  ],
  [
    'named environments',
    { 'accessibility.access_policy.approved_environments': ['Enclave A'] },
    { environments: { kind: 'only', names: ['Enclave A'] } },
  ],
  [
    'environments that nobody has named',
    { 'accessibility.access_policy.approved_environments': undefined },
    { environments: { kind: 'unknown' } },
  ],
  [
    'a licence outside SPDX',
    { 'reusability.license.spdx_id': 'Other', 'reusability.license.name': 'Lab Terms 2' },
    { licences: ['LicenseRef-lab-terms-2'] },
  ],
  [
    'a licence that is pending',
    { 'reusability.license.spdx_id': 'pending' },
    { licences: ['LicenseRef-pending'] },
  ],
])('%s', (_, edits, expected) => {
  expect(of(edits)).toMatchObject(expected);
});

test('an empty card is closed in every way', () => {
  const {
    label,
    purposes: open,
    agreement,
    approvals,
    humanReview,
    environments,
    licences,
  } = governanceOf({ fields: {}, body: '' });
  expect(label.level).toBe('classified');
  for (const category of ['cui', 'ucni', 'pii', 'phi', 'proprietary', 'export:unknown', 'classified:unknown'])
    expect(label.categories).toContain(category);
  expect(new Set(Object.values(open))).toEqual(new Set(['denied']));
  expect([agreement.required, humanReview, environments.kind]).toEqual([true, true, 'unknown']);
  expect(approvals).toContain('IRB_Approval');
  expect(licences).toEqual([]);
});

test('a value of another type is an unknown one', () => {
  expect(of({ [`${metadata}.export_control.export_control_status`]: false }).label.categories).toContain(
    'export:unknown',
  );
  expect(of({ [`${sensitivity}.overall_sensitivity`]: ['Public', 'CUI'] }).label).toEqual({
    level: 'controlled',
    categories: ['cui'],
  });
  expect(of({ [`${sensitivity}.overall_sensitivity`]: other }).label.level).toBe('classified');
});

test('more markings than a label holds end in a category that nobody has', () => {
  const many = Array.from({ length: 100 }, (_, index) => `C${index}`);
  const { categories } = of({ [`${sensitivity}.cui_basic_categories`]: many }).label;
  expect(categories).toHaveLength(64);
  expect(categories).toContain('too-many-categories');
  expect(labelSchema.parse({ level: 'controlled', categories }).categories).toEqual(categories);
});

test('whatever stands in the governance fields, the label is one, and no word opens more than the example', () => {
  const names = [...new Set([...governanceRows.map(({ field }) => field), ...Object.keys(markingLists)])];
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('Yes', 'No', 'Unknown', 'not_applicable', '', null, 3, true),
    fc.array(fc.string(), { maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true }), (edits) => {
      const found = of(edits as Edits);
      expect(labelSchema.parse(found.label)).toEqual(found.label);
      for (const purpose of purposes)
        expect(strictness(found, purpose)).toBeGreaterThanOrEqual(
          purpose === 'evaluate' ? 0 : strictness(base, purpose),
        );
    }),
  );
});

// Principles that say how governance is read.

test('CAP-INTENT: a flag grants nothing', () => {
  const found = of({ supports_ai_usability: 'Yes', ai_usability: undefined, supports_governed_use: 'Yes' });
  expect(found.purposes).toMatchObject({ train: 'denied', infer: 'denied', evaluate: 'denied' });
  expect(of({ supports_ai_usability: 'No', supports_governed_use: 'No' }).label).toEqual(base.label);
});

test('SENS-INDEP: the sensitivity of the card is not that of the dataset', () => {
  const found = of({
    'discoverability.datacard.sensitivity.overall_sensitivity': 'Classified',
    'discoverability.datacard.sensitivity.cui_status': 'Yes',
  });
  expect(found).toEqual(base);
});

test('SENS-MARK: a normalised basis never lowers what the marking says', () => {
  const marked = { [`${sensitivity}.source_marking_scheme`]: 'DOD_CUI' };
  expect(
    of({ ...marked, [`${sensitivity}.normalized_control_basis`]: ['Public_Release_Approved'] }).label,
  ).toEqual({ level: 'controlled', categories: ['cui'] });
});

test('ACC-04: access level, sensitivity and release imply nothing of each other', () => {
  const closed = of({ 'accessibility.access_policy.access_level': 'Controlled' });
  expect([closed.label, closed.purposes]).toEqual([base.label, base.purposes]);
  const unreleased = of({ [`${metadata}.rights_release_records.public_release_status`]: 'Not_Approved' });
  expect([unreleased.label, unreleased.approvals]).toEqual([base.label, base.approvals]);
});

test('REU-04: without a licence nothing else changes', () => {
  expect(of({ 'reusability.license': undefined })).toEqual({ ...base, licences: [] });
});
