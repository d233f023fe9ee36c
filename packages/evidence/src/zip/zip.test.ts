import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedError } from '../malformed.ts';
import { readZip, writeZip } from './zip.ts';

const entry = (name: string, content = '') => ({ name, content: Buffer.from(content) });
const sample = () =>
  Buffer.from(writeZip([entry('b/c.json', '{}'), entry('a.txt', 'hello'), entry('b/empty', '')]));

test('entries come back sorted, whatever the order in which they were given', () => {
  const read = readZip(sample());
  expect(read.map(({ name, content }) => [name, Buffer.from(content).toString()])).toEqual([
    ['a.txt', 'hello'],
    ['b/c.json', '{}'],
    ['b/empty', ''],
  ]);
  expect(Buffer.from(writeZip(read.reverse()))).toEqual(sample());
  expect(readZip(writeZip([]))).toEqual([]);
});

test('python reads what we write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'genesis-zip-'));
  try {
    writeFileSync(join(folder, 'a.zip'), sample());
    const script =
      'import zipfile,sys,json;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;' +
      'print(json.dumps({n:z.read(n).decode() for n in z.namelist()}))';
    const out = execFileSync('python3', ['-c', script, join(folder, 'a.zip')], { encoding: 'utf8' });
    expect(JSON.parse(out)).toEqual({ 'a.txt': 'hello', 'b/c.json': '{}', 'b/empty': '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  '',
  '/a',
  'a/',
  'a//b',
  '../a',
  'a/../b',
  './a',
  'a\\b',
  'a\0b',
  'C:a',
  '.hidden',
  'a.',
  'é',
  'a b',
  'NUL',
  'aux.txt',
  'x/Com1.json',
  'a'.repeat(256),
])('refuses the name %j in writing and in reading', (name) => {
  expect(() => writeZip([entry(name)])).toThrow(MalformedError);
  const placeholder = 'a'.repeat(Math.max(1, Math.min(255, Buffer.byteLength(name, 'latin1'))));
  const forged = Buffer.from(writeZip([entry(placeholder)]));
  forged.write(name, 30, 'latin1');
  forged.write(name, 30 + placeholder.length + 46, 'latin1');
  if (name !== '' && name.length <= 255) expect(() => readZip(forged)).toThrow(MalformedError);
});

test.each([[['a', 'a']], [['a', 'A']], [['a', 'a/b']], [['Dir/x', 'dir']], [['b/a/c', 'b/a']]])(
  'refuses the names %j together',
  (names) => {
    expect(() => writeZip(names.map((name) => entry(name)))).toThrow(MalformedError);
  },
);

test('names of one folder in two spellings stay apart only when they cannot collide', () => {
  expect(readZip(writeZip([entry('a/b'), entry('a/c')]))).toHaveLength(2);
  expect(() => writeZip([entry('a/b'), entry('A/B')])).toThrow('by case only');
});

test('every changed, missing or added byte is refused', () => {
  const archive = sample();
  for (let at = 0; at < archive.length; at++) {
    for (const flip of [1, 128]) {
      const changed = Buffer.from(archive);
      changed[at]! ^= flip;
      expect(() => readZip(changed)).toThrow(MalformedError);
    }
    expect(() => readZip(archive.subarray(0, at))).toThrow(MalformedError);
    expect(() =>
      readZip(Buffer.concat([archive.subarray(0, at), Buffer.of(0), archive.subarray(at)])),
    ).toThrow(MalformedError);
  }
  expect(() => readZip(Buffer.concat([archive, Buffer.of(0)]))).toThrow('after the end record');
});

test('an archive of another tool, compressed or with its own times, is refused with a reason', () => {
  const folder = mkdtempSync(join(tmpdir(), 'genesis-zip-'));
  try {
    for (const method of ['ZIP_STORED', 'ZIP_DEFLATED']) {
      const script = `import zipfile,sys;z=zipfile.ZipFile(sys.argv[1],'w',zipfile.${method});z.writestr('a.txt','x'*1000);z.close()`;
      execFileSync('python3', ['-c', script, join(folder, 'a.zip')]);
      const bytes = execFileSync('cat', [join(folder, 'a.zip')]);
      expect(() => readZip(bytes)).toThrow(MalformedError);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('limits are kept before anything is read', () => {
  expect(() => readZip(sample(), { bytes: 10, entries: 10 })).toThrow('more than 10 bytes');
  expect(() => readZip(sample(), { bytes: 1e6, entries: 2 })).toThrow('more than 2 entries');
});

test('whatever is accepted is written again with the same bytes', () => {
  const name = fc.stringMatching(/^[a-c]{1,2}(\/[a-cA.]{1,2}){0,2}$/);
  const files = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 20 })), {
    selector: ([n]) => n,
    maxLength: 5,
  });
  fc.assert(
    fc.property(files, fc.nat(), fc.nat(255), (list, at, value) => {
      let archive: Buffer;
      try {
        archive = Buffer.from(writeZip(list.map(([n, content]) => ({ name: n, content }))));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        return;
      }
      archive[at % archive.length] = value;
      try {
        expect(Buffer.from(writeZip(readZip(archive)))).toEqual(archive);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }),
    { numRuns: 2000 },
  );
});
