import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { rowsOf, stage } from '../../../test/staged-table.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { unitOf } from './header.ts';
import type { ColumnType } from './model.ts';

test.each([
  ['Temp (C)', 'C'],
  ['pressure [kPa]', 'kPa'],
  ['yield / %', '%'],
  ['PROPERTY: Exp. Density (g/cm$^3$)', 'g/cm$^3$'],
  ['QAgNO3(%)', '%'],
  ['d_nm', null],
  ['BCC/FCC/other', null],
  ['(C)', null],
  ['a (b) c', null],
])('the unit of %s is %s', (header, unit) => expect(unitOf(header)).toBe(unit));

test('spellings of one table are read alike', async () => {
  const plain =
    'name,x,n,ok,at\n"a ""b"", c",1.5,7,true,2026-01-31\n"two\nlines",-2e3,-8,false,2026-01-31T12:30:00.250Z\n,.5,,,\n';
  const expected = [
    ['a "b", c', 1.5, 7, true, '2026-01-31T00:00:00Z'],
    ['two\nlines', -2000, -8, false, '2026-01-31T12:30:00.250000Z'],
    [null, 0.5, null, null, null],
  ];
  const spellings: Record<string, string> = {
    plain,
    'with a byte order mark': `\ufeff${plain}`,
    'without a last line end': plain.slice(0, -1),
    'with blank lines at the end': `${plain}\n\n`,
    'with semicolons': plain.replaceAll(',', ';').replace('a ""b""; c', 'a ""b"", c'),
    'with tabs': plain.replaceAll(',', '\t').replace('a ""b""\t c', 'a ""b"", c'),
  };
  for (const [what, content] of Object.entries(spellings)) {
    const table = await stage(content);
    expect(
      table.columns.map(({ type }) => type),
      what,
    ).toEqual(['text', 'number', 'integer', 'boolean', 'timestamp']);
    expect(await rowsOf(table), what).toEqual(expected);
    expect(table.sha256, what).toBe(createHash('sha256').update(content).digest('hex'));
  }
  const crlf = await stage('a,b\r\n1,x\r\n2,"y\r\nz"\r\n');
  expect(await rowsOf(crlf)).toEqual([
    [1, 'x'],
    [2, 'y\r\nz'],
  ]);
});

/** 700,000 rows that look like integers, words and nothing, and then something else. */
const long = (last: string) => `a,b,c\n${'1,w,\n'.repeat(700_000)}${last}\n`;

test.each<[string, string, [ColumnType, ColumnType, ColumnType], unknown[]]>([
  ['a fraction widens an integer column', '1.5,w,', ['number', 'text', 'text'], [1.5, 'w', null]],
  [
    'an integer beyond 2^53 stays exact',
    '9007199254740993,w,',
    ['integer', 'text', 'text'],
    ['9007199254740993', 'w', null],
  ],
  [
    'an empty column gets the type of its first value',
    '1,w,2.5',
    ['integer', 'text', 'number'],
    [1, 'w', 2.5],
  ],
])('%s, however late it comes', async (_, last, types, row) => {
  const table = await stage(long(last));
  expect(table.rows).toBe(700_001);
  expect(table.columns.map(({ type }) => type)).toEqual(types);
  expect((await rowsOf(table)).at(-1)).toEqual(row);
});

test('what a person says of columns counts: names, types, words for no value', async () => {
  const named = await stage('1,2\n3,n/a\n', {
    columns: [{ name: 'a', type: 'text' }, { name: 'b' }],
    missing: ['n/a'],
  });
  expect(named.columns).toEqual([
    { name: 'a', unit: null, type: 'text' },
    { name: 'b', unit: null, type: 'integer' },
  ]);
  expect(await rowsOf(named)).toEqual([
    ['1', 2],
    ['3', null],
  ]);
  const typed = await stage('a\n1\nx\n2\n', { types: { a: 'text' } });
  expect(await rowsOf(typed)).toEqual([['1'], ['x'], ['2']]);
});

test('columns that differ in case only are two columns', async () => {
  const table = await stage('t,T\n1,2\n');
  expect(await rowsOf(table)).toEqual([[1, 2]]);
});

test('a table is described', async () => {
  const content = `x,s,b\n${Array.from({ length: 101 }, (_, i) => `${i},${i % 2 ? 'odd' : 'even'},${i < 10}`).join('\n')}\n,,\n`;
  const { description } = await stage(content, { describe: true });
  expect(description?.statistics).toEqual([
    {
      ...{ kind: 'numeric', count: 101, missing: 1, distinct: 101, min: 0, max: 100, mean: 50 },
      ...{ sd: expect.closeTo(29.3002, 4), quantiles: [5, 25, 50, 75, 95] },
      histogram: { min: 0, max: 100, counts: [...Array.from({ length: 19 }, () => 5), 6] },
    },
    {
      ...{ kind: 'text', count: 101, missing: 1, distinct: 2, longest: 4 },
      most: [
        { value: 'even', count: 51 },
        { value: 'odd', count: 50 },
      ],
    },
    { kind: 'boolean', count: 101, missing: 1, distinct: 2, trues: 10 },
  ]);
  expect(description?.preview.slice(0, 2)).toEqual([
    [0, 'even', true],
    [1, 'odd', true],
  ]);
});

/** A Parquet file with the result of a query. */
const parquetOf = async (select: string): Promise<Buffer> => {
  const file = join(await temporaryFolder(), 'made.parquet');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  return readFileSync(file);
};

describe('Parquet', () => {
  test('flat columns are read with their types', async () => {
    const bytes = await parquetOf(
      `SELECT 1::TINYINT AS "n", 2.5::FLOAT AS "x [mm]", 'a' AS s, true AS b, DATE '2026-01-31' AS d, 1.25::DECIMAL(5,2) AS m
       UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL`,
    );
    const table = await stage(bytes);
    expect(table.columns.map(({ name, unit, type }) => [name, unit, type])).toEqual([
      ['n', null, 'integer'],
      ['x [mm]', 'mm', 'number'],
      ['s', null, 'text'],
      ['b', null, 'boolean'],
      ['d', null, 'timestamp'],
      ['m', null, 'number'],
    ]);
    expect(await rowsOf(table)).toEqual([
      [1, 2.5, 'a', true, '2026-01-31T00:00:00Z', 1.25],
      [null, null, null, null, null, null],
    ]);
  });

  test.each([
    ['a list', 'SELECT 1 AS a, [1, 2] AS b', 'column 2 ("b")', /INTEGER\[\]/],
    ['a struct', "SELECT {'x': 1} AS a, 2 AS b", 'column 1 ("a")', /STRUCT/],
    ['bytes', "SELECT 'x'::BLOB AS a", 'column 1 ("a")', /BLOB/],
    [
      'NaN',
      "SELECT * FROM (VALUES (1.0::DOUBLE), ('nan'::DOUBLE)) t(a)",
      'line 2, column 1 ("a")',
      /finite number, found "nan"/,
    ],
    [
      'a number beyond 64 bits',
      'SELECT 18446744073709551615::UBIGINT AS a',
      'line 1, column 1 ("a")',
      /64 bits/,
    ],
    ['a path as a name', 'SELECT 1 AS "../x"', 'column 1', /path/],
  ])('%s is refused with its place', async (_, select, field, message) => {
    const failure = await stage(await parquetOf(select)).catch(
      (error: { failure: unknown }) => error.failure,
    );
    expect(failure).toMatchObject({ code: 'invalid-input' });
    const { problems } = failure as { problems: { field: string; message: string }[] };
    expect(problems.find((problem) => problem.field === field)?.message).toMatch(message);
  });

  test('damaged pages are refused', async () => {
    const bytes = await parquetOf('SELECT range AS a, random() AS b FROM range(10000)');
    bytes.fill(0xff, 100, 20_000);
    const failure = await stage(bytes).catch((error: { failure: unknown }) => error.failure);
    expect(failure).toMatchObject({ code: 'invalid-input', message: /not a readable Parquet file/ });
  });
});

const repository = fileURLToPath(new URL('../../../../../', import.meta.url));
const data = process.env['GENESIS_DATA'] ?? join(repository, '../shared/data');
const here = existsSync(data);

describe.skipIf(!here)(`real tables (skipped where ${data} is missing)`, () => {
  const types = (table: { columns: { type: ColumnType }[] }) =>
    table.columns.map(({ type }) => type).join(' ');
  test.each<[string, number, string, object]>([
    ['closedloop/pvlab/Crossed_barrel_dataset.csv', 1800, 'integer integer number number number', {}],
    [
      'closedloop/olympus/dataset_oer_plate_3496/data.csv',
      2121,
      'number number number number number number number',
      { columns: ['Ni', 'Fe', 'Co', 'Mn', 'Ce', 'La', 'overpotential'].map((name) => ({ name })) },
    ],
    [
      'closedloop/edbo/direct_arylation_experiment_index.csv',
      1728,
      'integer text text text number integer number',
      {},
    ],
    ['materials/steels_yield.csv', 312, 'text number', {}],
    ['materials/expt_gap.csv', 4604, 'text number', {}],
    [
      'molecules/delaney-processed.csv',
      1128,
      'text number integer number integer integer integer number number text',
      {},
    ],
  ])('%s', async (path, rows, expected, options) => {
    const table = await stage({ from: join(data, path) }, options);
    expect(table.rows).toBe(rows);
    expect(types(table)).toBe(expected);
  });

  test('the alloys keep their units and their gaps', async () => {
    const table = await stage({ from: join(data, 'materials/MPEA_dataset.csv') }, { describe: true });
    expect(table.rows).toBe(1545);
    const yieldStrength = table.columns.findIndex(({ name }) => name === 'PROPERTY: YS (MPa)');
    expect(table.columns[yieldStrength]).toMatchObject({ unit: 'MPa', type: 'number' });
    expect(table.description?.statistics[yieldStrength]?.missing).toBeGreaterThan(0);
  });
});
