import { GenesisError } from '@genesis/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFilter, parseOrder } from './filter.ts';

const clause = (text: string) => parseFilter(text)[0];

test('names with dots, in quotes, and without an entity', () => {
  expect(clause("tags.mlflow.source.name = 'a'")).toEqual({
    entity: 'tag',
    key: 'mlflow.source.name',
    comparator: '=',
    value: 'a',
  });
  expect(clause('metrics.`val loss` >= -1.5e-3')).toMatchObject({ key: 'val loss', value: -0.0015 });
  expect(clause('param."my key" LIKE "a%"')).toMatchObject({
    entity: 'parameter',
    key: 'my key',
    value: 'a%',
  });
  expect(clause('`metrics`.loss < 1')).toMatchObject({ entity: 'metric', key: 'loss' });
  expect(clause("status = 'FINISHED'")).toMatchObject({ entity: 'attribute', key: 'status' });
  expect(clause('"name" = \'x\'')).toMatchObject({ entity: 'attribute', key: 'name' });
});

test('lists, nulls, and words in any case', () => {
  expect(clause("run_id IN ('a', 'b',)")).toMatchObject({ comparator: 'IN', value: ['a', 'b'] });
  expect(clause("attribute.run_id not in ('a')")).toMatchObject({ comparator: 'NOT IN', value: ['a'] });
  expect(clause('tags.a is not null')).toMatchObject({ comparator: 'IS NOT NULL', value: null });
  expect(clause('params.a IS NULL')).toMatchObject({ comparator: 'IS NULL' });
  expect(parseFilter("tags.a = 'x' and params.b != 'y' AND metrics.c <> 1")).toHaveLength(3);
  expect(parseFilter('  ')).toEqual([]);
});

test('a doubled quote is one, and nothing leaves a text', () => {
  expect(clause("tags.a = 'it''s'")).toMatchObject({ value: "it's" });
  expect(clause("tags.a = 'x'' OR 1=1; --'")).toMatchObject({ value: "x' OR 1=1; --" });
});

test.each([
  "name = 'a' OR name = 'b'",
  "name = 'a'; drop table run",
  "(name = 'a')",
  'metrics.loss <',
  'metrics.loss < loss',
  "nothing.x = '1'",
  "tags.a = 'open",
  "tags.a == 'x'",
  'tags.a IN ()',
  "tags.a IN ('x'",
  "AND tags.a = 'x'",
  "tags.a = 'x' AND",
  "'tags'.a = 'x'",
  'tags. = 1',
  '*',
])('refused: %s', (text) => {
  expect(() => parseFilter(text)).toThrow(GenesisError);
});

test('whatever is sent, it is understood or refused in words', () => {
  const piece = fc.constantFrom(
    ...[
      'metrics.',
      'tags',
      '.',
      'a',
      "'x'",
      '"y"',
      '`z`',
      '=',
      '!=',
      '<',
      ' AND ',
      ' IN ',
      '(',
      ')',
      ',',
      ' NULL ',
      ' IS ',
    ],
    ...['1', '-2.5e9', "'", '\\', ';', '--', '\u0000', '𝒳'],
  );
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        for (const { key, comparator } of parseFilter(source))
          expect([typeof key, typeof comparator]).toEqual(['string', 'string']);
      } catch (error) {
        expect(error).toBeInstanceOf(GenesisError);
        expect((error as GenesisError).failure.code).toBe('invalid-input');
      }
    }),
    { numRuns: 2000 },
  );
});

test('orders', () => {
  expect(parseOrder('metrics.loss DESC')).toEqual({ entity: 'metric', key: 'loss', ascending: false });
  expect(parseOrder('start_time')).toEqual({ entity: 'attribute', key: 'start_time', ascending: true });
  expect(parseOrder('params.`a b` asc')).toMatchObject({ key: 'a b', ascending: true });
  expect(() => parseOrder('metrics.loss DESC, 1')).toThrow(GenesisError);
  expect(() => parseOrder("loss'; --")).toThrow(GenesisError);
});
