import {
  Table as ArrowTable,
  type Data,
  Dictionary,
  Int32,
  makeData,
  makeVector,
  Null,
  tableToIPC,
  Utf8,
  Utf8View,
  Vector,
  vectorFromArray,
} from 'apache-arrow';
import { expect, test } from 'vitest';
import { readArrow, refusalOf } from '../../../test/serving-bodies.ts';
import { tableOfArrow } from './read-arrow.ts';
import { tableOfCsv } from './read-body.ts';
import { createChecker } from './table.ts';

const many = 200_000;

test.for([
  ['spaces before a name', `${' '.repeat(many)}x,y\n1,2\n`],
  ['brackets without an end', `${'['.repeat(many)}x,y\n1,2\n`],
  ['digits that are no number', `x,y\n${'1'.repeat(many)}x,2\n`],
  ['points', `x,y\n${'1.'.repeat(many)},2\n`],
] as const)('CSV with %s takes no longer than its bytes', ([, text]) => {
  const check = createChecker({ inputs: [{ name: 'x', kind: 'number' }] as never });
  expect(refusalOf(() => check(tableOfCsv(Buffer.from(text))))).toMatch(/rows|name or unit/);
});

test('CSV cells are texts, which the model takes for numbers or for categories that look like some', () => {
  const inputs = [
    { name: 'grade', kind: 'category', categories: ['304', '316L'] },
    { name: 'carbon', kind: 'number', unit: '%' },
  ];
  const check = createChecker({ inputs: inputs as never });
  const table = tableOfCsv(Buffer.from('grade, carbon [%] \n304, 1e-1 \n"316L",.5\n'));
  expect([...check(table).data]).toEqual([0, Math.fround(0.1), 1, 0.5]);
  for (const cell of ['0x10', '1_0', '', ' ', 'NaN', 'Infinity', '1 2'])
    expect(refusalOf(() => check(tableOfCsv(Buffer.from(`grade,carbon\n304,${cell}\n`))))).toContain(
      'rows.0.carbon',
    );
});

test('a line of nothing but commas ends at the most columns', () => {
  expect(refusalOf(() => tableOfCsv(Buffer.from(','.repeat(1_000_000))))).toContain('10000 columns');
});

test('rows times columns are bounded', () => {
  const line = `${Array.from({ length: 5000 }, (_, at) => `c${at}`).join(',')}\n`;
  const cells = `${','.repeat(4999)}\n`;
  expect(refusalOf(() => tableOfCsv(Buffer.from(line + cells.repeat(500))))).toContain('2000000 cells');
});

/** A column of texts whose offsets say that every second row is all of `bytes`. */
const again = (bytes: number, rows: number): Data<Utf8> =>
  makeData({
    ...{ type: new Utf8(), length: rows, nullCount: 0, data: new Uint8Array(bytes).fill(97) },
    valueOffsets: Int32Array.from({ length: rows + 1 }, (_, at) => (at % 2) * bytes),
  });

test('Arrow texts hold no more than their bytes, whatever their offsets say', () => {
  const table = new ArrowTable({ x: new Vector([again(1500, 101)]) });
  expect(refusalOf(() => readArrow(table))).toContain('x: a text of more than');
  const long = new ArrowTable({ x: vectorFromArray(['a'.repeat(2001)], new Utf8()) });
  expect(refusalOf(() => readArrow(long))).toContain('x: a text of more than');
});

test('an Arrow dictionary is read once, and its rows share what it holds', () => {
  const words = ['a'.repeat(2000), 'b'];
  const cells = Array.from({ length: 5000 }, (_, at) => (at === 3 ? null : words[at % 2]!));
  const column = vectorFromArray(cells, new Dictionary(new Utf8(), new Int32()));
  expect(readArrow(new ArrowTable({ x: column })).columns.get('x')).toEqual(cells);
});

test('texts of all columns together are bounded, since they may claim the same bytes', () => {
  const texts = makeData({
    ...{ type: new Utf8(), length: 1000, nullCount: 0, data: new Uint8Array(2_000_000).fill(97) },
    valueOffsets: Int32Array.from({ length: 1001 }, (_, at) => at * 2000),
  });
  const columns = Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`c${at}`, new Vector([texts])]));
  expect(refusalOf(() => readArrow(new ArrowTable(columns)))).toContain('bytes of texts');
});

test('texts may come as views, and in pieces', () => {
  const cells = ['short', null, 'a text that does not fit into its view'];
  const views = vectorFromArray(cells, new Utf8View());
  expect(readArrow(new ArrowTable({ x: views })).columns.get('x')).toEqual(cells);
  const long = vectorFromArray(['a'.repeat(2001)], new Utf8View());
  expect(refusalOf(() => readArrow(new ArrowTable({ x: long })))).toContain('x: a text of more than');
  const pieces = new ArrowTable({ x: vectorFromArray(['a', 'b', 'c'], new Utf8()) });
  const sliced = new ArrowTable([...pieces.slice(1, 2).batches, ...pieces.slice(2).batches]);
  expect(readArrow(sliced).columns.get('x')).toEqual(['b', 'c']);
});

test('an Arrow file, dictionaries that grow and batches without rows are refused before they are read', () => {
  const table = new ArrowTable({ x: makeVector(new Float64Array(2)) });
  const file = Buffer.from(tableToIPC(table, 'file'));
  expect(refusalOf(() => tableOfArrow(file))).toContain('send an Arrow stream');
  const empty = table.slice(0, 0).batches[0]!;
  const many = new ArrowTable(
    table.schema,
    Array.from({ length: 101 }, () => empty),
  );
  expect(refusalOf(() => readArrow(many))).toContain('100 empty ones');
  const [first, more] = [vectorFromArray(['a'], new Utf8()), vectorFromArray(['b'], new Utf8())];
  const type = new Dictionary(new Utf8(), new Int32(), 7);
  const grown = [first, first.concat(more)].map((dictionary, at) =>
    makeData({ type, dictionary, data: Int32Array.of(at), length: 1, nullCount: 0 }),
  );
  const growing = new ArrowTable({ x: new Vector(grown) });
  expect(refusalOf(() => readArrow(growing))).toContain('its dictionaries grow');
});

test('lengths that lead back, or beyond the end, are refused', () => {
  const stream = Buffer.from(tableToIPC(new ArrowTable({ x: makeVector(new Float64Array(2)) }), 'stream'));
  const heads = [4, 8 + stream.readInt32LE(4) + 4];
  for (const at of heads)
    for (const length of [-1, -8, -64, -1000, stream.length, 0x7fffffff]) {
      const changed = Buffer.from(stream);
      changed.writeInt32LE(length, at);
      expect(
        refusalOf(() => tableOfArrow(changed)),
        `${length} at ${at}`,
      ).toContain('arrow');
    }
});

test('dictionaries of nothing count by what they claim', () => {
  const nothing = makeData({
    type: new Utf8(),
    length: 10_000,
    nullCount: 10_000,
    nullBitmap: new Uint8Array(1250),
  });
  const columns = Object.fromEntries(
    Array.from({ length: 201 }, (_, at) => {
      const type = new Dictionary(new Utf8(), new Int32(), at);
      const dictionary = new Vector([nothing]);
      return [`c${at}`, new Vector([makeData({ type, dictionary, data: Int32Array.of(0), length: 1 })])];
    }),
  );
  expect(refusalOf(() => readArrow(new ArrowTable(columns)))).toMatch(/2000000 texts|or none/);
});

test('names and units are short, since errors tell them', () => {
  expect(refusalOf(() => tableOfCsv(Buffer.from(`${'x'.repeat(1001)}\n1\n`)))).toContain('1000 characters');
  expect(refusalOf(() => tableOfCsv(Buffer.from(`x [${'m'.repeat(1001)}]\n1\n`)))).toContain(
    '1000 characters',
  );
  const named = new ArrowTable({ ['x'.repeat(1001)]: makeVector(new Float64Array(1)) });
  expect(refusalOf(() => readArrow(named))).toContain('1000 characters');
});

test('Arrow columns that claim cells without bytes, and those of no use to a model, are refused by name', () => {
  const nothing = new Vector([makeData({ type: new Null(), length: 10_000, nullCount: 10_000 })]);
  expect(refusalOf(() => readArrow(new ArrowTable({ x: nothing })))).toContain('x is a column of Null');
  const lists = vectorFromArray([[1, 2], [3]]);
  expect(refusalOf(() => readArrow(new ArrowTable({ x: lists })))).toContain('x is a column of List');
  const wide = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [`c${at}`, makeVector(new Float64Array(7000))]),
  );
  expect(refusalOf(() => readArrow(new ArrowTable(wide)))).toContain('2000000 cells');
});
