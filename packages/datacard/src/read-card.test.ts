import fc from 'fast-check';
import { expect, test } from 'vitest';
import { example, exampleText } from '../test/example.ts';
import type { Card, Mapping, Value } from './card.ts';
import { CardError, limits } from './card-error.ts';
import { formatCard } from './format-card.ts';
import { formatOf, formats, readCard } from './read-card.ts';
import { validateCard } from './validate.ts';

const plain = ({ fields, body }: Card): Card => ({ fields, body });

test('the example is read with its fields, its body, and the line of each field', () => {
  const { fields, body, lines } = example();
  expect(fields['supports_ai_usability']).toBe('Yes');
  expect(body).toMatch(/^\n# Datacard for Synthetic SANS/);
  const source = exampleText.split('\n');
  for (const [path, line] of lines) {
    const last = /([A-Za-z_]+)(?:\[\d+\])?$/.exec(path)![1]!;
    if (!path.endsWith(']')) expect(source[line - 1]).toContain(`${last}:`);
  }
  expect(lines.size).toBeGreaterThan(400);
});

test.each(formats)('the example comes back from %s as it was', (format) => {
  const text = formatCard(example(), format);
  expect(formatOf(text)).toBe(format);
  expect(plain(readCard(text))).toEqual(plain(example()));
  expect(validateCard(readCard(text))).toEqual([]);
});

const key = fc
  .oneof(
    fc.stringMatching(/^[a-z_]{1,12}$/),
    fc.constantFrom('yes', 'n', 'null', 'a b', '- x', '#', '"', "it's", '1', '~', '', 'ключ'),
  )
  .filter((name) => !['body', '__proto__', 'constructor', 'prototype'].includes(name));
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      'Yes',
      'no',
      '---',
      '\n---\n',
      '2026-01-01',
      '1.0',
      '0x1F',
      '.inf',
      '~',
      '# x',
      '\u0085',
      '\u2028',
      '\ufeff',
      '\t',
      '*a',
      '!b',
    ),
  )
  .map((value) => value.replaceAll('\r\n', '\n'));
const { tree } = fc.letrec<{ tree: Value }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    ),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const cards = fc.record({
  fields: fc.dictionary(key, tree, { maxKeys: 6, noNullPrototype: true }) as fc.Arbitrary<Mapping>,
  body: fc.oneof(text, fc.constantFrom('', '\n# A\n', '---\n', 'a\n---\nb: 1\n---\n')),
});

test('whatever a card holds, it comes back from every format', () => {
  fc.assert(
    fc.property(cards, fc.constantFrom(...formats), (card, format) => {
      expect(plain(readCard(formatCard(card, format), format))).toEqual(card);
    }),
    { numRuns: 400 },
  );
});

const failure = (given: string): CardError => {
  try {
    readCard(given);
  } catch (error) {
    if (error instanceof CardError) return error;
    throw error;
  }
  throw new Error('this was read');
};
const front = (yaml: string): string => `---\n${yaml}\n---\n`;

test.each([
  ['a key of the prototype', front('a: 1\n__proto__:\n  admin: true'), 3, '', /__proto__ is not allowed/],
  ['the constructor', '{"a": {"constructor": 1}}', 1, 'a', /constructor is not allowed/],
  ['a doubled key', front('a:\n  b: "No"\n  b: "Yes"'), 4, 'a.b', /twice/],
  ['a doubled key in JSON', '{\n\t"a": "No",\n\t"a": "Yes"\n}', 3, 'a', /twice/],
  ['an anchor', front('a: &x [1]\nb: 2'), 2, 'a', /anchors/],
  ['a reference', front('a: 1\nb: *x'), 3, 'b', /references/],
  ['a tag', front('a: !!js/function "x"'), 2, '', /./],
  ['a merge key with a reference', front('a: &x {b: 1}\nc:\n  <<: *x'), 2, 'a', /anchors/],
  ['a key that is a list', front('? [a]\n: 1'), 2, '', /key must be text/],
  ['a number that is none', front('a: .nan'), 2, 'a', /finite/],
  ['broken YAML', front('a: 1\nb: [1, 2\nc: 3'), 4, '', /./],
  ['a list at the top', front('- a'), 2, '', /field: value/],
  ['a second document', 'a: 1\n---\nb: 2\n', 2, '', /./],
  ['broken JSON', '{"a": 1,}', undefined, '', /not JSON/],
  ['YAML that only looks like JSON', '{a: 1}', undefined, '', /not JSON/],
  ['a body that is no text', '{"body": 5}', 1, 'body', /Markdown/],
  ['a body in the front matter', front('body: x'), 2, 'body', /below its front matter/],
  ['no end of the front matter', '---\na: 1\n', undefined, '', /no end/],
  ['a file that is too long', `---\n---\n${'x'.repeat(limits.text)}`, undefined, '', /longer than/],
  [
    'front matter that is too long',
    front(`a: "${'x'.repeat(limits.frontMatter)}"`),
    undefined,
    '',
    /longer than/,
  ],
  ['deep nesting', front(`a: ${'['.repeat(200)}${']'.repeat(200)}`), 2, 'a', /deeper/],
  ['nesting that would exhaust the stack', front('['.repeat(20_000)), 2, '', /deeper/],
  ['too many values', front(`a: [${'1,'.repeat(limits.values + 1)}]`), 2, 'a', /more than/],
  ['a key that is too long', front(`${'k'.repeat(201)}: 1`), 2, '', /longer than 200/],
])('%s is refused, with line and field', (_, given, line, field, message) => {
  const error = failure(given);
  expect(error.message).toMatch(message);
  expect(error.line).toBe(line);
  expect(error.field.startsWith(field)).toBe(true);
});

test('nothing of a card reaches the prototype of objects', () => {
  for (const text of ['{"__proto__": {"polluted": 1}}', '{"a": {"__proto__": {"polluted": 1}}}'])
    expect(() => readCard(text)).toThrow(CardError);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('any text is read or refused with a CardError', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom('', '---\n', '{', '---\na:\n'),
      (tail, head) => {
        try {
          readCard(head + tail);
        } catch (error) {
          expect(error).toBeInstanceOf(CardError);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('lines may end as Windows ends them, and a mark of byte order is no sign of the text', () => {
  const windows = `\u{feff}${exampleText.replaceAll('\n', '\r\n')}`;
  expect(plain(readCard(windows))).toEqual(plain(example()));
});

test('words without quotes that other readers take for a truth are read as one, and found', () => {
  const text = exampleText.replace('supports_reusability: "Yes"', 'supports_reusability: Yes');
  expect(readCard(text).fields['supports_reusability']).toBe(true);
  expect(validateCard(readCard(text))).toContainEqual(
    expect.objectContaining({
      rule: 'YN-01',
      field: 'supports_reusability',
      line: 6,
      write: 'write "Yes", with the quotes',
    }),
  );
});

test('AI-OLDNAMES: the old names of the permissions are read as the new ones', () => {
  const old = exampleText.replace('training_use_status', 'training_use_allowed');
  expect(plain(readCard(old))).toEqual(plain(example()));
  const both = exampleText.replace(
    '    training_use_status',
    '    training_use_allowed: "No"\n    training_use_status',
  );
  expect(failure(both).message).toMatch(/old name of training_use_status/);
});
