import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { verifyCrate } from '@genesis/evidence';
import { beforeAll, expect, test } from 'vitest';
import { ask, type Broken, everythingStored, importBytes, type Job } from './bad-input-world.ts';
import { makeCast } from './noninterference/cast.ts';
import { call } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';
import { temporaryFolder } from './temporary-folder.ts';

let server: Server;
let token: string;
let rival: string;
let good: Job;
let pending: string;
const nobody = { level: 'public' as const, categories: [] };
beforeAll(async () => {
  server = await startServer();
  const cast = await makeCast(
    server,
    'tables',
    Array.from({ length: 5 }, () => nobody),
  );
  token = cast.owner.token;
  rival = cast.rival.token;
  good = await importBytes(server, token, { name: 'good' }, 'a,b\n1,2\n3,4\n5,6\n');
  const begun = { method: 'POST', path: '/v1/imports', body: { name: 'pending' } };
  pending = (await call<Job>(server.url, token, begun)).id;
});

/** What an import itself writes, good or bad: that it was asked for, and how it ended. */
const ofTheImport = ['catalog_job', 'delegation', 'ledger_entry'];

type Case = [what: string, content: string | Buffer, says: RegExp, request?: object];
const broken: Case[] = [
  ['ragged rows', 'a,b\n1,2\n3\n4,5,6\n', /line 3: .*expected 2 cells/],
  ['a quote that never ends', 'a,b\n1,"2\n3,4\n', /line 2: .*closing quote/],
  ['text after a quote', 'a,b\n1,"2"x\n', /line 2: /],
  ['bytes that are no UTF-8', Buffer.from('a,b\n1,\xff\n', 'latin1'), /line 2: .*UTF-8/],
  ['a NUL', 'a,b\n1,\u0000\n', /line 2: .*NUL/],
  ['a word among numbers', `a,b\n${'1,2\n'.repeat(30)}3,x\n`, /line 32, column 2 \("b"\): expected/],
  ['a number beyond all numbers', 'a\n1.5\n1e400\n2\n', /line 3, column 1 \("a"\): .*finite/],
  ['NaN', 'a\n1.5\nNaN\n2\n', /line 3, column 1 \("a"\)/],
  ['infinity', 'a\n1.5\n-Infinity\n2\n', /line 3, column 1 \("a"\)/],
  ['nothing', '', /file: .*empty/],
  ['a header and no rows', 'a,b\n', /file: .*no rows/],
  ['two columns of one name', 'a,a\n1,2\n', /column 2: .*same name/],
  ['a path as a column', 'a,../../etc/passwd\n1,2\n', /column 2: .*path/],
  ['a backslash in a column', 'a,..\\x\n1,2\n', /column 2: /],
  ['a control character in a column', 'a,b\u001b[31m\n1,2\n', /column 2: .*control/],
  ['a column that turns text around', 'a,b\u202e\n1,2\n', /column 2: .*invisible/],
  ['a column called __proto__', 'a,__proto__\n1,2\n', /column 2: .*reserved/],
  [
    'five thousand columns',
    `${Array.from({ length: 5000 }, (_, i) => `c${i}`).join(',')}\n`,
    /columns: .*at most 4096/,
  ],
  ['gzip', gzipSync(Buffer.alloc(50_000_000)), /gzip/, { format: 'csv' }],
  [
    'a zip archive',
    Buffer.from('PK\u0003\u0004aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'latin1'),
    /zip|Excel|file/i,
  ],
  ['Parquet cut off', Buffer.from('PAR1aaaaaaaaaaaa'), /file: .*damaged/],
  ['Parquet that is none', 'a\n1\n', /file: .*PAR1/, { format: 'parquet' }],
  [
    'one column, cut by an outcome',
    'a\n1\n2\n',
    /inputs|outcomes|column/,
    { split: { outcomes: ['a'], seed: 's' } },
  ],
  ['a cut by a column that is not there', 'a,b\n1,2\n3,4\n', /z/, { split: { inputs: ['z'], seed: 's' } }],
  [
    'a cut of one design',
    'a,b\n1,2\n1,3\n',
    /design|confirm|explore|few/,
    { split: { inputs: ['a'], seed: 's' } },
  ],
  ['a type that nothing has', 'a\nx\ny\n', /line 2, column 1/, { types: { a: 'number' } }],
  ['a type for no column', 'a\n1\n', /types: there is no column "b"/, { types: { b: 'text' } }],
  ['fewer names than columns', '1,2\n3,4\n', /line 1: expected 1 cell/, { columns: [{ name: 'a' }] }],
];

test.each(broken)('%s is not imported', async (what, content, says, request = {}) => {
  const before = await everythingStored(server, ofTheImport);
  const job = await importBytes(
    server,
    token,
    { name: what.replaceAll(/[^a-z ]/g, ''), ...request },
    content,
  );
  expect(job.state).toBe('failed');
  expect(['invalid-input', 'unsupported', 'too-large']).toContain(job.failure?.code);
  const told = [
    job.failure?.message,
    ...(job.failure?.problems ?? []).map((one) => `${one.field}: ${one.message}`),
  ];
  expect(told.join('\n')).toMatch(says);
  expect(job).toMatchObject({ dataset: null, version: null, split: null });
  expect(await everythingStored(server, ofTheImport)).toEqual(before);
  const staged = await readdir(join(server.dataFolder, 'staging'), { recursive: true });
  expect(staged.filter((name) => /upload|parquet/.test(name))).toEqual([]);
});

type Refused = [what: string, make: () => Broken, status: number, says: RegExp];
const begin = (body: object): Broken => ({ path: '/v1/imports', body });
const refused: Refused[] = [
  ['an import of no name', () => begin({}), 400, /body\.name: .*new dataset needs a name/],
  ['an import of unknown fields', () => begin({ name: 'x', path: '/etc/passwd' }), 400, /body: .*path/],
  ['a name of control characters', () => begin({ name: 'a\u001b[2J' }), 400, /body\.name: .*control/],
  ['a name that turns text around', () => begin({ name: 'gnp.\u202Eexe' }), 400, /body\.name: .*control/],
  [
    'half a character in a name',
    () => ({ path: '/v1/imports', raw: '{"name":"\\udc00"}' }),
    400,
    /body\.name: .*lone/,
  ],
  ['an unknown format', () => begin({ name: 'x', format: 'xlsx' }), 400, /body\.format: .*parquet/],
  ['an unknown type', () => begin({ name: 'x', types: { a: 'float' } }), 400, /body\.types\.a: .*number/],
  ['a separator that is none', () => begin({ name: 'x', delimiter: 'ab' }), 400, /body\.delimiter: /],
  [
    'all rows sealed',
    () => begin({ name: 'x', split: { inputs: ['a'], seed: 's', confirmFraction: 1 } }),
    400,
    /confirmFraction: .*<1/,
  ],
  [
    'a fraction below zero',
    () => begin({ name: 'x', split: { inputs: ['a'], seed: 's', confirmFraction: -0.5 } }),
    400,
    /confirmFraction: .*>0/,
  ],
  [
    'two ways to cut',
    () => begin({ name: 'x', split: { inputs: ['a'], group: 'b', seed: 's' } }),
    400,
    /exactly one of inputs, group and outcomes/,
  ],
  ['a further version of nothing', () => begin({ dataset: `dst_${'0'.repeat(26)}` }), 404, /nothing here/],
  [
    'a further version with a label',
    () => begin({ dataset: good.dataset, label: nobody }),
    400,
    /body\.label: .*further version/,
  ],
  ["another organisation's dataset", () => ({ ...begin({ dataset: good.dataset }), token: rival }), 403, /./],
  [
    'a file for nobody',
    () => ({
      method: 'PUT',
      path: `/v1/imports/upl_${'0'.repeat(26)}/content`,
      raw: 'a\n1\n',
      type: 'text/csv',
    }),
    404,
    /nothing here|no .*import/i,
  ],
  [
    'a file as JSON',
    () => ({ method: 'PUT', path: `/v1/imports/${pending}/content`, raw: '{}', type: 'application/json' }),
    400,
    /body: expected the bytes of a file/,
  ],
  [
    'a file a second time',
    () => ({ method: 'PUT', path: `/v1/imports/${good.id}/content`, raw: 'a\n1\n', type: 'text/csv' }),
    409,
    /./,
  ],
  [
    'a cut of a version by nothing',
    () => ({ path: `/v1/versions/${good.version}/splits`, body: { seed: 's' } }),
    400,
    /exactly one of/,
  ],
  [
    'a retirement without the word',
    () => ({ path: `/v1/splits/spl_${'0'.repeat(26)}/retire`, body: {} }),
    400,
    /body\.confirm: .*retire/,
  ],
];

test.each(refused)('%s is refused', async (_, make, status, says) => {
  const before = await everythingStored(server);
  const answer = await ask(server.url, token, make());
  expect({ status: answer.status, detail: answer.problem.detail ?? answer.text }).toEqual({
    status,
    detail: expect.stringMatching(says) as unknown,
  });
  expect(await everythingStored(server)).toEqual(before);
});

test('a file that breaks off leaves nothing, and can be sent again', async () => {
  const { id } = await call<Job>(server.url, token, {
    method: 'POST',
    path: '/v1/imports',
    body: { name: 'again' },
  });
  const before = await everythingStored(server);
  const path = `/v1/imports/${id}/content`;
  const short = ask(server.url, token, {
    ...{ method: 'PUT', path, raw: 'a\n1\n', type: 'text/csv' },
    headers: { 'content-length': '1000', connection: 'close' },
  });
  await expect(
    Promise.race([short, new Promise((_, fail) => setTimeout(() => fail(new Error('silence')), 1500))]),
  ).rejects.toThrow();
  expect(await everythingStored(server)).toEqual(before);
});

/** Records of a zip archive that says it unpacks to 4 GB, in names and methods that a crate never has. */
const hostile = (name: string, method = 8): Buffer => {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(20, 18);
  header.writeUInt32LE(0xffff_fff0, 22);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([header, Buffer.from(name), Buffer.alloc(20)]);
};

test.each([
  ['a zip bomb', hostile('ro-crate-metadata.json')],
  ['a name that leaves the folder', hostile('../../etc/passwd', 0)],
  ['an absolute name', hostile('/etc/passwd', 0)],
  ['gzip', gzipSync(Buffer.alloc(1000))],
  ['nothing', Buffer.alloc(0)],
  ['an empty archive', Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)])],
])('%s is no crate: said at once, with little memory', (_, bytes) => {
  const before = process.memoryUsage().rss;
  const report = verifyCrate(bytes);
  expect(report.ok).toBe(false);
  expect(['failed', 'unreadable']).toContain(report.status);
  expect(report.findings.some(({ ok, message }) => !ok && message.length > 5)).toBe(true);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
});

test('genesis verify ends with a status of its own for what is no crate', async () => {
  const file = join(await temporaryFolder(), 'bomb.zip');
  await writeFile(file, hostile('../x'));
  const program = fileURLToPath(new URL('../../cli/src/bin.ts', import.meta.url));
  expect(() => execFileSync(process.execPath, [program, 'verify', file], { stdio: 'pipe' })).toThrow(
    expect.objectContaining({ status: 1 }) as Error,
  );
});
