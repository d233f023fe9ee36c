import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GenesisError } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { type IngestOptions, ingestFile } from './ingest-file.ts';

const attempt = async (content: string | Uint8Array, options: Partial<IngestOptions> = {}) => {
  const stagingFolder = await mkdtemp(join(tmpdir(), 'genesis-ingest-'));
  try {
    const file = join(stagingFolder, 'upload');
    await writeFile(file, content);
    const outcome = await ingestFile({ file, stagingFolder, ...options }).catch((error: unknown) => error);
    return { outcome, left: (await readdir(stagingFolder)).sort() };
  } finally {
    await rm(stagingFolder, { recursive: true });
  }
};

/** The late row lies beyond what the types are guessed from. */
const beyondSample = (late: string): string =>
  `a,b\n${Array.from({ length: 700_000 }, (_, i) => `${i},${i}\n`).join('')}${late}\n`;

type Case = [
  what: string,
  content: string | Uint8Array,
  place: string,
  words: RegExp,
  options?: Partial<IngestOptions>,
];

const cases: Case[] = [
  [
    'a word in a numeric column',
    'a,b\n1,2\n3,x\n5,6\n',
    'line 3, column 2 ("b")',
    /expected an integer.*found "x"/,
  ],
  ['a row too short', 'a,b\n1,2\n3\n', 'line 3', /expected 2 cells, found "1 cells"/],
  ['a row too long', 'a,b\n1,2\n3,4,5\n', 'line 3', /expected 2 cells, found "3 cells"/],
  [
    'a number beyond a double',
    'a\n1.5\n1e400\n2\n',
    'line 3, column 1 ("a")',
    /finite number.*found "1e400"/,
  ],
  ['NaN', 'a\n1.5\nNaN\n2\n', 'line 3, column 1 ("a")', /found "NaN"/],
  ['infinity', 'a\n1.5\n-inf\n2\n', 'line 3, column 1 ("a")', /found "-inf"/],
  ['an empty file', '', 'file', /empty/],
  ['a header and no rows', 'a,b\n', 'file', /no rows/],
  ['only blank lines', '\n\n\n', 'column 1', /has no name/],
  ['a column without a name', 'a,,c\n1,2,3\n', 'column 2', /has no name/],
  ['two columns of one name', 'a,b,a\n1,2,3\n', 'column 3', /same name as column 1: "a"/],
  ['a path as a name', 'a,../../etc/passwd\n1,2\n', 'column 2', /looks like a path/],
  ['an absolute path as a name', 'a,/etc/passwd\n1,2\n', 'column 2', /looks like a path/],
  ['a control character in a name', 'a,b\u0007\n1,2\n', 'column 2', /control or invisible/],
  ['text direction in a name', 'a,b\u202e\n1,2\n', 'column 2', /control or invisible/],
  ['a very long name', `a,${'b'.repeat(300)}\n1,2\n`, 'column 2', /300 characters/],
  [
    'too many columns',
    `${Array.from({ length: 5000 }, (_, i) => `c${i}`).join(',')}\n`,
    'columns',
    /5000 columns, at most 4096/,
  ],
  ['numbers in place of a header', '1,2\n3,4\n', 'line 1', /--columns/],
  ['an unclosed quote', 'a,b\n1,"2\n3,4\n', 'line 2', /expected a closing quote/],
  ['text after a closing quote', 'a,b\n1,"2"3\n', 'line 2', /separator after the closing quote/],
  ['mixed line ends', 'a,b\r\n1,2\n3,x\r\n', 'line 2', /end with CR LF/],
  ['a NUL byte', 'a,b\n1,2\n3,\u0000\n', 'line 3', /NUL byte at byte 10/],
  ['bytes that are not UTF-8', Buffer.from('a,b\n1,2\n3,\xe9\n', 'latin1'), 'line 3', /not UTF-8 at byte 10/],
  ['a character cut off at the end', Buffer.from('a,b\n1,\xc3', 'latin1'), 'line 2', /not UTF-8/],
  ['UTF-16', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 'file', /UTF-16/],
  [
    'a cell of two million characters',
    `a,b\n1,${'x'.repeat(2_000_000)}\n`,
    'line 2',
    /at most 1000000 bytes/,
  ],
  [
    'a mixed column',
    `a\n${'1\n'.repeat(50)}n/a\n${'1\n'.repeat(50)}`,
    'line 52, column 1 ("a")',
    /found "n\/a"/,
  ],
  ['a bad boolean', 'a\ntrue\nyes\nfalse\n', 'line 3, column 1 ("a")', /true or false/],
  [
    'a day that does not exist',
    'a\n2024-02-28\n2024-02-30\n2024-03-01\n',
    'line 3, column 1 ("a")',
    /a time such as/,
  ],
  ['a word far down', beyondSample('7,x'), 'line 700002, column 2 ("b")', /expected an integer/],
  ['infinity far down', beyondSample('7,inf'), 'line 700002, column 2 ("b")', /expected an integer/],
  ['a short row far down', beyondSample('7'), 'line 700002', /expected 2 cells/],
  [
    'a type that does not fit',
    'a\n1\n2.5\n',
    'line 3, column 1 ("a")',
    /integer/,
    { types: { a: 'integer' } },
  ],
  ['a type for no column', 'a\n1\n', 'types', /no column "b"/, { types: { b: 'text' } }],
  ['a separator that is none', 'a\n1\n', 'delimiter', /allowed/, { delimiter: 'x' }],
  ['too few names', '1,2\n3,4\n', 'line 1', /expected 1 cell, found "2 cells"/, { columns: [{ name: 'a' }] }],
  ['Parquet that is none', 'a\n1\n', 'file', /PAR1/, { format: 'parquet' }],
  ['Parquet cut off', 'PAR1aaaaaaaaaaaa', 'file', /damaged/],
];

test.each(cases)('%s is refused with its place', async (_, content, place, words, options) => {
  const { outcome, left } = await attempt(content, options);
  expect(outcome).toBeInstanceOf(GenesisError);
  const { failure } = outcome as GenesisError;
  expect(failure.code).toBe('invalid-input');
  const problems = failure.code === 'invalid-input' ? failure.problems : [];
  expect(problems.map((problem) => problem.field)).toContain(place);
  expect(problems.find((problem) => problem.field === place)?.message).toMatch(words);
  expect(left.filter((name) => name.endsWith('.parquet'))).toEqual([]);
});

test('compressed files are never unpacked: kept as they are, or refused where a table is asked for', async () => {
  const packed = gzipSync(Buffer.alloc(10_000_000));
  const { outcome } = await attempt(packed);
  expect(outcome).toMatchObject({ content: 'file', bytes: packed.length, description: { reason: /gzip/ } });
  for (const options of [{ format: 'csv' as const }, { types: { a: 'text' as const } }]) {
    const refused = await attempt(packed, options);
    expect((refused.outcome as GenesisError).failure).toMatchObject({ code: 'unsupported', message: /gzip/ });
  }
});

test('the first twenty bad cells are listed and all are counted', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 'word' : String(i))).join('\n');
  const { outcome } = await attempt(`a\n${rows}\n`);
  const { failure } = outcome as GenesisError;
  expect(failure.message).toMatch(/^nothing was imported: 67 bad cells or rows \(the first 20 are listed\)/);
  expect(failure.message).toContain('--types "a:text"');
  expect(failure.code === 'invalid-input' && failure.problems.length).toBe(20);
});

test('a file outside its staging folder is not read', async () => {
  const { outcome } = await attempt('a\n1\n', { file: '/etc/passwd' });
  expect((outcome as GenesisError).failure.code).toBe('internal');
});

test('a reader that takes too long is ended, and the server lives', async () => {
  const content = `a,b\n${'1,2\n'.repeat(3_000_000)}`;
  const { outcome } = await attempt(content, { limits: { timeoutSeconds: 0.2 } });
  expect((outcome as GenesisError).failure).toMatchObject({
    code: 'unsupported',
    message: /longer than 0.2 s/,
  });
});
