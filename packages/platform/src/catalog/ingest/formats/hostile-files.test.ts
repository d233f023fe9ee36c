import { tableFromArrays, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { externalHdf5, unknownFilterHdf5, virtualHdf5 } from '../../../../test/foreign-files.ts';
import { hdf5Made } from '../../../../test/hdf5-made.ts';
import { sliceOf } from '../../../../test/sliced.ts';
import { stageFile } from '../../../../test/staged-file.ts';
import { zipFile } from '../../../../test/zip-file.ts';
import type { IngestOptions } from '../ingest-file.ts';

/** Reads a file that must be refused; gives the failure. */
const refusal = async (content: string | Uint8Array, options: Partial<IngestOptions> = {}) => {
  const outcome: unknown = await stageFile(content, options).then(
    ({ read }) => read,
    (error: unknown) => error,
  );
  expect(outcome, JSON.stringify(outcome)).toHaveProperty('failure');
  return (outcome as { failure: { code: string; message: string } }).failure;
};

const point = '<Idata><Q unit="1/A">0.1</Q><I unit="1/cm">2</I></Idata>';
const cansas = (inside: string, before = '') =>
  `<?xml version="1.0"?>${before}<SASroot version="1.1"><SASentry><Title>x</Title><SASdata>${inside}</SASdata></SASentry></SASroot>`;
const laughs = `<!DOCTYPE SASroot [<!ENTITY a "ha">${Array.from({ length: 30 }, (_, i) => `<!ENTITY ${'b'.repeat(i + 1)} "&${i === 0 ? 'a' : 'b'.repeat(i)};&${i === 0 ? 'a' : 'b'.repeat(i)};">`).join('')}]>`;

test.each<[string, string, RegExp]>([
  ['entities in entities (billion laughs)', cansas(`&${'b'.repeat(30)};`, laughs), /DOCTYPE/],
  [
    'an entity of a file (XXE)',
    cansas('&x;', '<!DOCTYPE SASroot [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    /DOCTYPE/,
  ],
  [
    'an entity of an address (XXE)',
    cansas('&x;', '<!DOCTYPE SASroot SYSTEM "http://127.0.0.1/x.dtd">'),
    /DOCTYPE/,
  ],
  ['an entity that nobody declared', cansas(`${point}&x;`), /not well-formed.*entity/],
  ['nesting without end', cansas('<a>'.repeat(100_000)), /nested deeper than 40/],
  ['a text without end', cansas(`<a>${'x'.repeat(2_000_000)}</a>`), /more than 100000 characters/],
  ['a document that ends early', cansas(point).slice(0, -30), /not well-formed/],
  ['a word for a number', cansas('<Idata><Q>x</Q><I>1</I></Idata>'), /Q holds "x"/],
  ['two units for one quantity', cansas(`${point}${point.replace('1/A', '1/nm')}`), /different units/],
])('canSAS XML with %s is refused', async (_, text, words) => {
  const failure = await refusal(text);
  expect(failure).toMatchObject({ code: 'invalid-input' });
  expect(failure.message).toMatch(words);
});

test('XML that is no canSAS is kept and never parsed, bombs included', async () => {
  const { read } = await stageFile(`<?xml version="1.0"?>${laughs.replaceAll('SASroot', 'x')}<x>&bbb;</x>`, {
    fileName: 'x.xml',
  });
  expect(read).toMatchObject({
    content: 'file',
    description: { reason: expect.stringMatching(/no canSAS/) },
  });
});

const group = { name: '.zgroup', data: Buffer.from('{"zarr_format":2}') };
const array = (more: object) => ({
  name: 'a/.zarray',
  data: Buffer.from(
    JSON.stringify({
      zarr_format: 2,
      shape: [4],
      chunks: [4],
      dtype: '<f8',
      order: 'C',
      compressor: null,
      filters: null,
      fill_value: 0,
      ...more,
    }),
  ),
});

test.each<[string, Buffer, RegExp]>([
  [
    'a name that climbs (zip slip)',
    zipFile([group, { name: '../../escaped', data: Buffer.from('x') }]),
    /invalid relative path/,
  ],
  ['an absolute name', zipFile([group, { name: '/etc/cron.d/x', data: Buffer.from('x') }]), /absolute path/],
  [
    'an entry that unfolds to much (zip bomb)',
    zipFile([group, { name: 'a/0', data: Buffer.alloc(300 * 2 ** 20), deflate: true }]),
    /unfolds to/,
  ],
  [
    'many entries that unfold to much',
    zipFile([
      group,
      ...Array.from({ length: 3 }, (_, i) => ({
        name: `a/${i}`,
        data: Buffer.alloc(60 * 2 ** 20),
        deflate: true,
      })),
    ]),
    /200 times its size/,
  ],
  ['two entries of one name', zipFile([group, group]), /two entries of one name/],
  ['a list that is cut off', zipFile([group, array({})]).subarray(0, -30), /cannot be used/],
  [
    'metadata that lie about their length',
    zipFile([group, { ...array({}), claims: 10_000 }]),
    /cannot be used/,
  ],
  ['metadata that are not JSON', zipFile([group, { name: 'a/.zarray', data: Buffer.from('{') }]), /not JSON/],
  ['a shape below zero', zipFile([group, array({ shape: [-4] })]), /no Zarr/],
])(
  'a zip archive with %s is refused',
  async (_, zip, words) => {
    const failure = await refusal(zip, { fileName: 'x.zarr.zip' });
    expect(failure.message).toMatch(words);
  },
  60_000,
);

test('Zarr chunks that claim too much, or need an unknown codec, are shown and not read', async () => {
  const huge = { ...array({ shape: [1e12], chunks: [1e12] }), name: 'huge/.zarray' };
  const odd = { ...array({ compressor: { id: 'pcodec' } }), name: 'odd/.zarray' };
  const { read, file, stagingFolder } = await stageFile(zipFile([group, huge, odd]));
  if (read.content !== 'tree') throw new Error('no tree');
  expect(read.description.nodes.map(({ note }) => note)).toEqual([
    null,
    expect.stringMatching(/in chunks of/),
    expect.stringMatching(/"pcodec".*not available/),
  ]);
  await expect(
    sliceOf(stagingFolder, file, 'zarr', { path: '/huge', stop: [1], form: 'json' }),
  ).rejects.toMatchObject({ failure: { code: 'unsupported' } });
});

test('links of HDF5 are shown and never followed, whether out of the file, in a circle or into nothing', async () => {
  const bytes = await hdf5Made((made) => {
    const inner = made.create_group('a');
    made.create_dataset({ name: 'd', data: Float64Array.from([1, 2]) });
    made.create_external_link('/etc/passwd', '/x', 'outside');
    made.create_soft_link('/d', 'soft');
    made.create_soft_link('/nowhere', 'dangling');
    made.create_hard_link('/a', 'again');
    inner.create_hard_link('/', 'up');
  });
  const { read, file, stagingFolder } = await stageFile(bytes);
  if (read.content !== 'tree') throw new Error('no tree');
  const notes = Object.fromEntries(read.description.nodes.map(({ path, note }) => [path, note]));
  expect(notes).toEqual({
    '/': null,
    '/a': null,
    '/a/up': 'the same object as /',
    '/again': 'the same object as /a',
    '/d': null,
    '/dangling': 'soft link to /nowhere; links are not followed',
    '/outside': 'external link to /x in "/etc/passwd"; other files are never opened',
    '/soft': 'soft link to /d; links are not followed',
  });
  for (const path of ['/outside', '/outside/x', '/soft', '/dangling', '/a/../d', '/a', '/']) {
    await expect(sliceOf(stagingFolder, file, 'hdf5', { path, form: 'json' }), path).rejects.toMatchObject({
      failure: { code: 'invalid-input' },
    });
  }
}, 60_000);

test.each<[string, Buffer, string, RegExp]>([
  ['a virtual dataset over another file', virtualHdf5, '/v', /virtual dataset over "\/etc\/passwd"/],
  ['a dataset whose bytes lie in another file', externalHdf5, '/e', /other files are never opened/],
  ['a filter that is not built in', unknownFilterHdf5, '/z', /filter 32015/],
])('HDF5 with %s says so, and gives none of it', async (_, bytes, path, words) => {
  const { read, file, stagingFolder } = await stageFile(bytes);
  if (read.content !== 'tree') throw new Error('no tree');
  expect(read.description.nodes.find((node) => node.path === path)?.note).toMatch(words);
  await expect(sliceOf(stagingFolder, file, 'hdf5', { path, form: 'bytes' })).rejects.toMatchObject({
    failure: { code: 'unsupported', message: expect.stringMatching(words) },
  });
});

test('HDF5 that is nested without end is refused', async () => {
  const bytes = await hdf5Made((made) => {
    let path = '';
    for (let depth = 0; depth < 60; depth++) {
      path += '/g';
      made.create_group(path);
    }
  });
  expect((await refusal(bytes)).message).toMatch(/nested deeper than 40/);
});

const said = ['invalid-input', 'unsupported', 'too-large'];

test('HDF5 with bytes flipped or cut off is an error in words or a tree, and the server lives', async () => {
  const whole = await hdf5Made((made) => {
    const entry = made.create_group('entry');
    entry.create_attribute('title', 'a title');
    entry.create_dataset({
      name: 'counts',
      data: Float64Array.from({ length: 500 }, (_, i) => i),
      shape: [50, 10],
      chunks: [10, 10],
      compression: 4,
    });
    entry.create_dataset({ name: 'few', data: Int32Array.from([1, 2, 3]) });
  });
  const broken = fc.record({
    flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 12,
    }),
    length: fc.oneof(fc.constant(whole.length), fc.integer({ min: 9, max: whole.length })),
  });
  const limits = { timeoutSeconds: 30 };
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(broken, async ({ flips, length }) => {
      const bytes = Buffer.from(whole.subarray(0, length));
      for (const [at, mask] of flips) if (at >= 8 && at < length) bytes[at] = (bytes[at] ?? 0) ^ mask;
      const outcome: unknown = await stageFile(bytes, { limits }).then(
        ({ read }) => read,
        (error: unknown) => error,
      );
      if ((outcome as { content?: string }).content === 'tree') return;
      const { code, message } = (outcome as { failure: { code: string; message: string } }).failure;
      refused++;
      expect(said).toContain(code);
      expect(message.length).toBeGreaterThan(20);
    }),
    { seed: 20_261_128, numRuns: 40, endOnFailure: true },
  );
  expect(refused).toBeGreaterThan(10);
}, 240_000);

test('Arrow whose lengths lie is an error in words, and the server lives', async () => {
  const whole = Buffer.from(
    tableToIPC(
      tableFromArrays({
        a: Float64Array.from({ length: 50 }, (_, i) => i),
        b: Array.from({ length: 50 }, String),
      }),
      'stream',
    ),
  );
  // The length of the first message, then offsets and lengths in its metadata and in those of the batch.
  const places = [4, 8, 12, 24, 60, 200, 260, 300, 340, 380, 420].filter((at) => at + 4 <= whole.length);
  for (const at of places) {
    const bytes = Buffer.from(whole);
    bytes.writeInt32LE(0x7ffffff0, at);
    const outcome: unknown = await stageFile(bytes, { format: 'arrow', limits: { timeoutSeconds: 30 } }).then(
      ({ read }) => read,
      (error: unknown) => error,
    );
    if ((outcome as { content?: string }).content === 'table') continue;
    expect(said, `at ${at}`).toContain((outcome as { failure: { code: string } }).failure.code);
  }
  expect((await refusal(whole.subarray(0, 300))).message).toMatch(/not readable Arrow/);
}, 120_000);

test('a line of JSON Lines that is too long is refused by its number', async () => {
  const failure = await refusal(`{"a":1}\n{"a":"${'x'.repeat(3_000_000)}"}\n`, { fileName: 'x.jsonl' });
  expect(failure.message).toMatch(/line 2.*longer than the 1000000 characters/);
  expect((await refusal(`{"a":1}\n${'['.repeat(900_000)}\n`, { fileName: 'x.jsonl' })).message).toMatch(
    /line 2/,
  );
});
