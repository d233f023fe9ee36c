/** Everything that a facility, or the job itself, can put into what is fetched. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jobSpecSchema } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { sha256 } from '../../../../test/iri-facility.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { collect } from './collect.ts';
import { dialectOf } from './facilities.ts';
import type { RemoteOutcome } from './remote-outcome.ts';

const spec = jobSpecSchema.parse({
  name: 'job',
  executable: 'true',
  resources: { outputBytes: 4_096, logBytes: 1_024 },
});
const dialect = { ...dialectOf('here', 'v2', { paths: {} }), pieceBytes: 64 };

type Forged = {
  files?: [name: string, content: string | Buffer][];
  hashes?: string;
  sizes?: string;
  stdout?: string;
  outcome?: Partial<RemoteOutcome>;
  change?: (all: Buffer) => Buffer;
  piece?: (piece: Buffer, index: number) => Buffer;
};

/** A package as the script makes it, but for what is given. */
async function fetch({
  files = [],
  stdout = '',
  change = (all) => all,
  piece = (one) => one,
  ...forged
}: Forged) {
  const list = (line: (name: string, content: string | Buffer) => string): Buffer =>
    Buffer.from(files.map(([name, content]) => `${line(name, content)}\n`).join(''), 'latin1');
  const hashes = forged.hashes ?? list((name, content) => `${sha256(content)}  ./${name}`);
  const sizes = forged.sizes ?? list((name, content) => `${content.length} ./${name}`);
  const parts = [hashes, sizes, './link\n', stdout, ''].map((part) => Buffer.from(part));
  const all = change(Buffer.concat([...parts, ...files.map(([, content]) => Buffer.from(content))]));
  const root = await temporaryFolder();
  const folder = { path: root, outputs: join(root, 'outputs') };
  const outcome: RemoteOutcome = {
    ...{
      claim: 'c',
      exitCode: 0,
      started: 1,
      ended: 2,
      missing: false,
      stopped: false,
      over: false,
      problem: 'none',
    },
    parts: parts.map(({ length }) => length) as RemoteOutcome['parts'],
    ...{ bytes: all.length, sha256: sha256(all), pieces: Math.ceil(all.length / 64) },
    ...forged.outcome,
  };
  const index = (path: string): number =>
    path
      .slice(-5)
      .split('')
      .reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 97, 0);
  const download = async (path: string): Promise<Buffer> =>
    piece(all.subarray(index(path) * 64, (index(path) + 1) * 64), index(path));
  return { folder, collected: collect({ dialect, download }, folder, { remote: '/r', spec }, outcome) };
}

test('outputs come with their bytes and hashes, and what is no output is named', async () => {
  const { folder, collected } = await fetch({
    files: [
      ['b/ü.txt', 'measured'],
      ['a', Buffer.alloc(300, 7)],
      ['empty', ''],
    ].map(([name, content]) => [Buffer.from(name as string).toString('latin1'), content as string]),
    stdout: 'one\n',
  });
  expect(await collected).toEqual({
    outputs: [
      { path: 'a', bytes: 300, sha256: sha256(Buffer.alloc(300, 7)) },
      { path: 'b/ü.txt', bytes: 8, sha256: sha256('measured') },
      { path: 'empty', bytes: 0, sha256: sha256('') },
    ],
    refused: [{ path: 'link', reason: 'a link, a special file, or a name that is not allowed' }],
  });
  expect(await readFile(join(folder.outputs, 'b/ü.txt'), 'utf8')).toBe('measured');
  expect(await readFile(join(folder.path, 'stdout'), 'utf8')).toBe('one\n');
  expect((await readdir(folder.path)).sort()).toEqual(['outputs', 'stderr', 'stdout']);
});

test.each(['../../escaped', '/etc/escaped', 'a/../../escaped', 'a//b', '.'])(
  'the name %s leads nowhere',
  async (name) => {
    const { folder, collected } = await fetch({ files: [[name, 'x']] });
    const { outputs, refused } = await collected;
    expect(outputs).toEqual([]);
    expect(refused).toHaveLength(2);
    expect(await readdir(folder.outputs)).toEqual([]);
  },
);

test('a name that is not UTF-8 is no output', async () => {
  const { collected } = await fetch({ files: [['\xff\xfe', 'x']] });
  expect((await collected).refused[1]?.reason).toBe('the name is not UTF-8');
});

const other = sha256('something else');
test.each<[string, Forged, RegExp]>([
  ['another hash of the whole', { outcome: { sha256: other } }, /SHA-256 is another one/],
  ['a changed byte', { piece: (one) => Buffer.from(one).fill(1, 0, 1) }, /SHA-256 is another one/],
  ['another hash of one output', { hashes: `${other}  ./a\n` }, /output a has another SHA-256/],
  ['a piece that is too long', { piece: (one) => Buffer.concat([one, one]) }, /piece 1 has another size/],
  ['a piece that is too short', { piece: (one) => one.subarray(1) }, /piece 1 has another size/],
  ['too few pieces', { outcome: { pieces: 1 } }, /pieces do not make up/],
  ['more than the job may leave', { outcome: { bytes: 9_000_000_000, pieces: 140_625_000 } }, /larger than/],
  ['more log than the job may write', { stdout: 'x'.repeat(1_025) }, /larger than/],
  ['lists larger than all', { outcome: { parts: [9e9, 0, 0, 0, 0] } }, /larger than/],
  ['a size that leads past the end', { sizes: '99999 ./a\n' }, /do not make up its size/],
  ['an output without a hash', { hashes: '' }, /lists do not fit/],
  ['hashes of other names', { hashes: `${sha256('x')}  ./b\n` }, /lists do not fit/],
  [
    'bytes that nobody claims',
    { change: (all) => Buffer.concat([all, Buffer.from('more')]) },
    /do not make up/,
  ],
  [
    'the same file twice',
    {
      files: [
        ['a', 'x'],
        ['a', 'y'],
      ],
    },
    /do not fit into one folder/,
  ],
  [
    'a file that is also a folder',
    {
      files: [
        ['a', 'x'],
        ['a/b', 'y'],
      ],
    },
    /do not fit into one folder/,
  ],
])('%s is refused', async (_what, forged, message) => {
  const { collected } = await fetch({ files: [['a', 'x']], ...forged });
  await expect(collected).rejects.toThrow(message);
});
