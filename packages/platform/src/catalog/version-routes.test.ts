import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogPlatform, free } from '../../test/catalog-platform.ts';
import { hdf5Made } from '../../test/hdf5-made.ts';
import { requireAuthentication } from '../identity/index.ts';
import { createApp, createCursors, createLog } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { catalogRoutes } from './index.ts';

const secret = { level: 'controlled' as const, categories: ['cui'] };
const people = new Map<string, PrincipalFacts>();
let base = '';
let close = async () => {};
let importFile: (request: object, content: string | Buffer) => Promise<string>;

beforeAll(async () => {
  const platform = await catalogPlatform();
  const owner = platform.person('org_a', secret);
  people.set('owner', owner);
  people.set('stranger', platform.person('org_b'));
  const app = await createApp({
    log: createLog({ level: 'silent' }),
    bodyLimitBytes: 100_000,
    title: 'Genesis',
    version: '0',
  });
  requireAuthentication(app, { authenticate: async (bearer) => people.get(bearer) });
  const { catalog, door } = platform;
  catalogRoutes(app, { catalog, door, cursors: createCursors(Buffer.alloc(32)), maxUploadBytes: 10_000_000 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  importFile = async (more, content) => {
    const request = {
      name: 'X',
      description: '',
      source: '',
      label: { level: 'public', categories: [] },
      conditions: free,
      ...more,
    };
    const job = await platform.importText(
      owner,
      request as Parameters<typeof catalog.acceptImport>[1],
      content,
    );
    expect(job).toMatchObject({ state: 'done', failure: null });
    return job.version as string;
  };
  close = async () => {
    await app.close();
  };
});
afterAll(() => close());

const ask = async (
  who: string,
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
) => {
  const answer = await fetch(`${base}/v1/versions/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${who}`, ...init.headers },
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const text = bytes.toString();
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: answer.status, headers: answer.headers, bytes, text, body };
};

const made = () =>
  hdf5Made((file) => {
    file.create_attribute('NX_class', 'NXroot');
    const group = file.create_group('data');
    group.create_attribute('NX_class', 'NXdata');
    group.create_attribute('signal', 'I');
    group.create_attribute('axes', 'Q');
    const q = group.create_dataset({ name: 'Q', data: Float64Array.from([0.01, 0.1, 1]) });
    q.create_attribute('units', '1/nm <b>');
    group.create_dataset({ name: 'I', data: Float64Array.from([1000, 100, Number.NaN]) });
  });

test('a tree shows its nodes, gives slices, a picture and its file, and is no table', async () => {
  const bytes = await made();
  const version = await importFile({ fileName: 'rün 1.nxs' }, bytes);
  const shown = await ask('owner', version);
  expect(shown.body).toMatchObject({
    content: 'tree',
    format: 'hdf5',
    fileName: 'rün 1.nxs',
    columns: [],
    rows: 0,
    reason: null,
  });
  const tree = shown.body['tree'] as { nodes: { path: string }[]; curve: object };
  expect(tree.nodes.map(({ path }) => path)).toEqual(['/', '/data', '/data/I', '/data/Q']);
  expect(tree.curve).toMatchObject({ of: 2, x: { name: 'Q', unit: '1/nm <b>' } });

  const slice = await ask('owner', `${version}/slice?path=/data/I&start=1&stop=3`);
  expect(slice.body).toMatchObject({
    path: '/data/I',
    dtype: 'float64',
    shape: [2],
    of: [3],
    data: [100, null],
  });
  const raw = await ask('owner', `${version}/slice?path=/data/I&form=bytes`);
  expect(JSON.parse(raw.headers.get('genesis-slice') ?? '')).toMatchObject({ shape: [3], dtype: 'float64' });
  expect(raw.bytes.readDoubleLE(0)).toBe(1000);

  const picture = await ask('owner', `${version}/preview.svg`);
  expect(picture.headers.get('content-type')).toContain('image/svg+xml');
  expect(picture.text).toMatch(/^<svg .*<title.*<desc.*1\/nm &lt;b&gt;.*<\/svg>\n$/s);
  expect(picture.text).not.toContain('<b>');

  const file = await ask('owner', `${version}/file`);
  expect(file.bytes.equals(bytes)).toBe(true);
  expect(file.headers.get('content-disposition')).toBe(
    `attachment; filename="r_n 1.nxs"; filename*=UTF-8''r%C3%BCn%201.nxs`,
  );

  const split = await ask('owner', `${version}/splits`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: ['x'], seed: 's' }),
  });
  for (const refused of [split, await ask('owner', `${version}/export`)]) {
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: expect.stringMatching(/needs a table.*tree/) },
    });
  }
}, 120_000);

test.each([
  ['path=/data/nothing', 400, /no dataset/],
  ['path=/data', 400, /no dataset/],
  ['path=/data/I&start=9', 400, /start: 9 lies beyond/],
  ['path=/data/I&start=0,0', 400, /one for each axis/],
  ['path=/data/I&step=0', 400, /at least 1/],
  ['path=/data/I&start=-1', 400, /start/],
  ['columns=x', 400, /columns/],
  ['', 400, /path: is needed/],
])(
  'a slice of %j is refused in words, and the server lives',
  async (query, status, words) => {
    const version = await importFile({}, await made());
    const answer = await ask('owner', `${version}/slice?${query}`);
    expect(answer.status).toBe(status);
    expect(answer.body['detail']).toMatch(words);
  },
  60_000,
);

test('rows of a table are sliced by columns and numbers; too many are refused with the next step', async () => {
  const rows = Array.from({ length: 60_000 }, (_, i) => `${i},${i / 2}`).join('\n');
  const version = await importFile({}, `n,x (mm)\n${rows}\n`);
  const slice = await ask(
    'owner',
    `${version}/slice?columns=${encodeURIComponent('x (mm)')}&columns=n&start=10&stop=20&step=4`,
  );
  expect(slice.body).toMatchObject({
    of: 60_000,
    columns: [{ name: 'x (mm)', unit: 'mm' }, { name: 'n' }],
    rows: [
      [5, 10],
      [7, 14],
      [9, 18],
    ],
  });
  const all = await ask('owner', `${version}/slice`);
  expect(all).toMatchObject({
    status: 400,
    body: { detail: expect.stringMatching(/120000 cells.*ask for fewer/) },
  });
  expect((await ask('owner', `${version}/file`)).status).toBe(422);
  expect((await ask('owner', `${version}/preview.svg`)).status).toBe(422);
}, 60_000);

test('of a cut curve the picture shows the explore part only', async () => {
  const text = Array.from({ length: 60 }, (_, i) => `${i + 1} ${1000 - i} 1`).join('\n');
  const version = await importFile(
    { fileName: 'a.xye', split: { inputs: ['x'], seed: 's', confirmFraction: 0.5 } },
    text,
  );
  const shown = await ask('owner', version);
  expect(shown.body).toMatchObject({
    content: 'table',
    format: 'curve',
    curveColumns: { x: 0, y: 1, dy: 2, dx: null },
  });
  const picture = await ask('owner', `${version}/preview.svg`);
  const visible = shown.body['visibleRows'] as number;
  expect(visible).toBeLessThan(60);
  expect(picture.text.match(/<circle/g)).toHaveLength(visible);
}, 60_000);

test('what a person may not see answers as what does not exist, on every one of these paths', async () => {
  const version = await importFile({ label: secret }, await made());
  const invented = `ver_${'0'.repeat(26)}`;
  for (const path of ['', '/slice?path=/data/I', '/preview.svg', '/file']) {
    const told = await ask('stranger', `${version}${path}`);
    const never = await ask('stranger', `${invented}${path}`);
    const strip = ({ status, body }: typeof told) => ({ status, ...body, requestId: '', instance: '' });
    expect(strip(told), path).toEqual(strip(never));
    expect(told.status).toBe(404);
  }
  // The file leaves for the public, where this label may not go.
  expect((await ask('owner', `${version}/file`)).status).toBe(403);
}, 60_000);

test('text that a spreadsheet would run is neutralised in exports, and numbers are not touched', async () => {
  const cells = ['=1+2', '+1', '-x', '@SUM(A1)', '\tx', 'plain', '=HYPERLINK("http://x")'];
  const quoted = cells.map((cell) => `"${cell.replaceAll('"', '""')}",-5`);
  const version = await importFile({ types: { t: 'text' } }, `t,=n\n${quoted.join('\n')}\n`);
  const { text } = await ask('owner', `${version}/export`);
  expect(text.split('\n').slice(0, -1)).toEqual([
    "t,'=n",
    "'=1+2,-5",
    "'+1,-5",
    "'-x,-5",
    "'@SUM(A1),-5",
    "'\tx,-5",
    'plain,-5',
    `"'=HYPERLINK(""http://x"")",-5`,
  ]);
}, 60_000);
