import { expect, test } from 'vitest';
import { example, exampleWith } from '../test/example.ts';
import type { Mapping } from './card.ts';
import { formatCard } from './format-card.ts';
import { type Ask, answer, nextQuestion } from './interview.ts';
import { newCard } from './new-card.ts';
import { readCard } from './read-card.ts';
import { validateCard } from './validate.ts';

const today = '2026-11-28';

/** Answers everything with something that fits. */
function reply({ path, words, isList }: Ask): string {
  if (path.endsWith('overall_sensitivity')) return 'public';
  if (path.endsWith('source_marking_scheme')) return 'None';
  if (path.endsWith('access_level')) return 'Open';
  if (path.endsWith('public_release_status')) return 'Approved';
  if (path.endsWith('record_status')) return 'Non_Record';
  if (path.endsWith('release_status')) return 'Draft';
  if (path.endsWith('primary_id.type')) return 'unregistered';
  if (path.endsWith('workflow.state')) return 'Raw';
  if (/compliance\./.test(path)) return 'n/a';
  if (/supports_|_use_status|human_review/.test(path)) return 'y';
  if (words.includes('No')) return 'n';
  if (words.length > 0) return '1';
  if (path.endsWith('.version')) return '1.0';
  return isList ? 'one, two' : 'Ada';
}

function interviewed(replies: (ask: Ask) => string): { asked: string[]; fields: Mapping } {
  const asked: string[] = [];
  const left = new Set<string>();
  let fields: Mapping = {};
  for (
    let ask = nextQuestion(fields, left, today);
    ask !== undefined;
    ask = nextQuestion(fields, left, today)
  ) {
    expect(asked).not.toContain(ask.path);
    asked.push(ask.path);
    const text = replies(ask);
    if (text === '') left.add(ask.path);
    else {
      const next = answer(fields, ask, text);
      if ('problem' in next) throw new Error(`${ask.path}: ${next.problem}`);
      fields = next.answers;
    }
  }
  return { asked, fields };
}

test('a card for which every question was answered has no finding', () => {
  const { asked, fields } = interviewed(reply);
  const card = newCard({ fields, body: '' }, today);
  expect(validateCard(readCard(formatCard(card)))).toEqual([]);
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.slice(0, 5)).toEqual([
    'supports_accessibility',
    'supports_interoperability',
    'supports_reusability',
    'supports_governed_use',
    'supports_ai_usability',
  ]);
});

test('what the card will not tell of is not asked, and what is left open is asked once', () => {
  const { asked } = interviewed(({ path }) => (path.startsWith('supports_') ? 'n' : ''));
  expect(asked.filter((path) => !/^(supports_|discoverability\.)/.test(path))).toEqual([]);
});

test('every question is a sentence, and people of a group are asked for one after the other', () => {
  const texts: string[] = [];
  const { asked } = interviewed((ask) => {
    texts.push(ask.text);
    return reply(ask);
  });
  for (const text of texts) expect(text).toMatch(/[.?]$/);
  const first = asked.findIndex((path) => path.includes('authors[0]'));
  expect(asked.slice(first, first + 3).every((path) => path.includes('authors[0]'))).toBe(true);
});

const release: Ask = {
  path: 'discoverability.release_status',
  text: '',
  words: ['Draft', 'Published'],
  isList: false,
};

test('a word may be given by its number or in any case, and no other word', () => {
  for (const text of ['1', 'draft', 'DRAFT '])
    expect(answer({}, release, text)).toEqual({ answers: { discoverability: { release_status: 'Draft' } } });
  expect(answer({}, release, 'done')).toMatchObject({
    problem: expect.stringMatching(/not one of the words.*"Draft"/),
  });
  expect(answer({}, release, 'n/a')).toMatchObject({ problem: expect.any(String) });
});

test('lists are separated by commas, and numbers are numbers', () => {
  const keywords: Ask = {
    path: 'discoverability.dataset_description.keywords',
    text: '',
    words: [],
    isList: true,
  };
  expect(answer({}, keywords, 'a, b,,')).toMatchObject({
    answers: { discoverability: { dataset_description: { keywords: ['a', 'b'] } } },
  });
  const count: Ask = { path: 'accessibility.dataset_scale.record_count', text: '', words: [], isList: false };
  expect(answer({}, count, '12')).toMatchObject({
    answers: { accessibility: { dataset_scale: { record_count: 12 } } },
  });
  expect(answer({}, count, 'many')).toMatchObject({ problem: expect.any(String) });
});

test('a new card changes no answer, and keeps a body that was given', () => {
  const { fields, body } = example();
  expect(newCard(example(), today)).toEqual({ fields, body });
});

test('the body that is told from the fields is one that the rules accept', () => {
  const { fields } = exampleWith({});
  expect(validateCard(newCard({ fields, body: '' }, today))).toEqual([]);
});
