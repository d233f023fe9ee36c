import { expect, test } from 'vitest';
import { readQuery } from './query.ts';

test('words, phrases, exclusions and filters', () => {
  expect(
    readQuery('silica -gold "small angle" field:Materials -format:"CSV" level:internal level:public'),
  ).toEqual({
    terms: [
      { text: 'silica', phrase: false, not: false },
      { text: 'gold', phrase: false, not: true },
      { text: 'small angle', phrase: true, not: false },
    ],
    filters: { only: { field: ['Materials'], level: ['internal', 'public'] }, without: { format: ['CSV'] } },
  });
  expect(readQuery('"doi:10.5072/x"').terms).toEqual([{ text: 'doi:10.5072/x', phrase: true, not: false }]);
  expect(readQuery(' - "" ').terms).toEqual([]);
});

test.each([
  ['x'.repeat(401), 'at most 400 characters'],
  [Array.from({ length: 17 }, (_, i) => `w${i}`).join(' '), 'at most 16'],
  ['x'.repeat(101), 'at most 100 characters'],
  ['a\u0000b', 'control characters'],
  ['label:public', 'there is no facet "label"; there are field,'],
])('what is too much is refused in plain words: %#', (q, says) => {
  expect(() => readQuery(q)).toThrow(says);
});

test('unclosed quotes and operators of the database are words', () => {
  expect(readQuery('a" & | ! <-> (b:* ')).toMatchObject({ filters: { only: {}, without: {} } });
});
