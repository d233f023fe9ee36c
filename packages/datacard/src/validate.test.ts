import { expect, test } from 'vitest';
import { breaks } from '../test/breaking.ts';
import { type Edits, example, exampleWith } from '../test/example.ts';
import { readCard } from './read-card.ts';
import { blocks, flagOf, rules } from './specification.ts';
import { validateCard } from './validate.ts';

const idsOf = (edits: Edits): string[] => validateCard(exampleWith(edits)).map(({ rule }) => rule);
const checked = rules.filter(({ check }) => check !== null);

test('the example has no findings', () => {
  expect(validateCard(example())).toEqual([]);
  expect(validateCard(example(), { level: 'draft' })).toEqual([]);
});

test('every rule that a card can break is broken here, and no other', () => {
  expect([...breaks.keys()].toSorted()).toEqual(checked.map(({ id }) => id).toSorted());
});

test.each(checked.map((rule) => [rule.id, rule] as const))('%s is found', (id, rule) => {
  const { edits = {}, body, field } = breaks.get(id)!;
  const found = validateCard(exampleWith(edits, body)).filter((finding) => finding.rule === id);
  expect(found).not.toEqual([]);
  if (field !== undefined) expect(found.map((finding) => finding.field)).toContain(field);
  for (const finding of found) {
    expect(finding.severity).toBe(rule.severity);
    expect(finding.message).toBe(rule.says);
    expect(finding.write).not.toBe('');
    expect(finding.write).not.toMatch(/undefined|object Object/);
  }
});

test.each([
  ['a word that is not in the list', { 'discoverability.release_status': 'Done' }, 'FIELD-VOCABULARY'],
  [
    'a word that is not in a list of words',
    { 'discoverability.authors[0].person.role': ['Cook'] },
    'FIELD-VOCABULARY',
  ],
  [
    'not_applicable where an answer is required',
    { 'discoverability.release_status': 'not_applicable' },
    'FIELD-VOCABULARY',
  ],
  ['a number in the place of text', { 'discoverability.identification.name': 7 }, 'FIELD-TYPE'],
  ['text in the place of a number', { 'accessibility.dataset_scale.record_count': 'many' }, 'FIELD-TYPE'],
  ['text in the place of a list', { 'interoperability.data_structure.formats': 'HDF5' }, 'FIELD-TYPE'],
  ['a mapping in the place of text', { 'discoverability.product_type': { is: 'Data' } }, 'FIELD-TYPE'],
  ['a day that no calendar has', { 'interoperability.dates.issued': '2026-02-30' }, 'FIELD-TYPE'],
  ['a name that no field has', { 'governed_use.compliance.irb_aproved': 'Yes' }, 'FIELD-UNKNOWN'],
  ['a flag that is not there', { supports_reusability: undefined }, 'FIELD-REQUIRED'],
])('%s is found', (_, edits, rule) => {
  expect(idsOf(edits)).toContain(rule);
});

test.each([
  ['a suggested vocabulary is not enforced', { 'accessibility.dataset_scale.record_unit': 'curves' }],
  ['what may not apply may be not_applicable', { 'discoverability.dataset_type': 'not_applicable' }],
  ['features may be names alone', { 'interoperability.data_structure.features': ['q', 'intensity'] }],
  [
    'any key may be a field of domain metadata',
    {
      'interoperability.domain_metadata': [
        { name: 'beam', fields: { wavelength: { field_value: '6', unit: 'angstrom' } } },
      ],
    },
  ],
  [
    'a legacy marking that was resolved needs no mapping',
    {
      'discoverability.sensitivity.source_marking_scheme': 'Legacy_OUO',
      'discoverability.sensitivity.legacy_label_source': ['OUO'],
      'discoverability.sensitivity.normalized_control_basis': ['CUI'],
    },
  ],
])('%s', (_, edits) => {
  expect(validateCard(exampleWith(edits))).toEqual([]);
});

test('a draft may be blank, and must be right where it is not', () => {
  const draft = readCard('supports_discoverability: "Yes"\ndiscoverability:\n  release_status: Dratf\n');
  expect(validateCard(draft, { level: 'draft' }).map(({ rule }) => rule)).toEqual(['FIELD-VOCABULARY']);
  const declared = validateCard(draft);
  expect(declared.length).toBeGreaterThan(30);
  expect(declared.filter(({ severity }) => severity === 'error')[0]).toMatchObject({ severity: 'error' });
});

test('the thorough level asks for what may apply, and takes not_applicable as an answer', () => {
  const field = 'reusability.citation.report_number';
  const open = (edits: Edits) =>
    validateCard(exampleWith(edits), { level: 'thorough' }).map((finding) => finding.field);
  expect(open({})).toContain(field);
  expect(open({ [field]: 'not_applicable' })).not.toContain(field);
});

test('a finding has the line of its field, or of what is around it', () => {
  const card = example();
  const text = card.text.replace('spdx_id: CC-BY-4.0', 'spdx_id: CC-BY');
  const line = text.split('\n').findIndex((one) => one.includes('spdx_id')) + 1;
  expect(validateCard(readCard(text))).toMatchObject([{ rule: 'REU-02', line }]);
  const without = card.text.replace(/^ +bias_risks: .*\n/m, '');
  const around = without.split('\n').indexOf('  ai_usage:') + 1;
  expect(validateCard(readCard(without)).map((finding) => finding.line)).toEqual([around, around]);
});

// From here on: the principles. They have no check, they say how cards are read.

test('CAP-INDEP: the flags are switches of their own, any of them may be No', () => {
  const switches = blocks.slice(1);
  for (let chosen = 0; chosen < 2 ** switches.length; chosen++) {
    const off = switches.filter((_, index) => (chosen >> index) % 2 === 1);
    const edits = Object.fromEntries(
      off.flatMap((block) => [
        [flagOf(block), 'No'],
        [block, undefined],
      ]),
    );
    const severe = validateCard(exampleWith(edits)).filter(({ severity }) => severity === 'error');
    expect(severe).toEqual([]);
  }
});

test('VER-04: histories only grow, seen by comparing with the card before', () => {
  const previous = example();
  const added = exampleWith({
    'discoverability.datacard.change_log[2]': {
      change_date: '2026-04-01',
      datacard_version: '1.1',
      summary: 'More',
    },
  });
  expect(validateCard(added, { previous })).toEqual([]);
  const changed = exampleWith({ 'discoverability.datacard.change_log[0].summary': 'Nothing happened' });
  expect(validateCard(changed, { previous })).toMatchObject([
    { rule: 'VER-04', field: 'discoverability.datacard.change_log[0]' },
  ]);
});

test('SENS-INDEP: the sensitivity of the card is never compared with that of the dataset', () => {
  expect(idsOf({ 'discoverability.datacard.sensitivity.overall_sensitivity': 'Other_Controlled' })).toEqual(
    [],
  );
});

test('INT-03: the period described may differ from the time of collection', () => {
  const coverage = { start_date: '1890-01-01', end_date: '1910-12-31' };
  expect(idsOf({ 'interoperability.data_structure.temporal_coverage': coverage })).toEqual([]);
});

test('INT-04: domain metadata does not fill a common field', () => {
  const edits = {
    'interoperability.data_structure.formats': [],
    'interoperability.domain_metadata': [{ name: 'formats', fields: { formats: { field_value: 'HDF5' } } }],
  };
  expect(idsOf(edits)).toContain('CAP-YES-interoperability');
});

test('REU-04: a dataset that is not released may have no licence at all', () => {
  const edits: Edits = {
    'discoverability.release_status': 'Under_Review',
    'discoverability.workflow.state': 'Review',
    'discoverability.identification.primary_id.type': 'ark',
    'reusability.license': undefined,
  };
  const card = exampleWith(edits, (text) =>
    text.replace('| License Clarity | Yes |', '| License Clarity | No |'),
  );
  expect(validateCard(card)).toEqual([]);
});
