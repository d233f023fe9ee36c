import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { Upload, type UploadOptions } from 'tus-js-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogPlatform, free } from '../../../test/catalog-platform.ts';
import { requireAuthentication } from '../../identity/index.ts';
import { createApp, createCursors, createLog } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { catalogRoutes } from '../index.ts';
import { catalogJob } from '../tables.ts';

let base = '';
let close = async () => {};
let platform: Awaited<ReturnType<typeof catalogPlatform>>;
const people = new Map<string, PrincipalFacts>();
const maxUploadBytes = 60_000_000;

beforeAll(async () => {
  platform = await catalogPlatform();
  people.set('owner', platform.person('org_a'));
  people.set('colleague', platform.person('org_a'));
  const app = await createApp({
    log: createLog({ level: 'silent' }),
    bodyLimitBytes: 100_000,
    title: 'Genesis',
    version: '0',
  });
  requireAuthentication(app, { authenticate: async (bearer) => people.get(bearer) });
  const { catalog, door } = platform;
  catalogRoutes(app, { catalog, door, cursors: createCursors(Buffer.alloc(32)), maxUploadBytes });
  await app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  close = async () => {
    await app.close();
  };
});
afterAll(() => close());

const tableOf = (rows: number, seed: number): Buffer =>
  Buffer.from(
    `x,y\n${Array.from({ length: rows }, (_, i) => `${i},${((i * 7919 + seed) % 100_003) / 7}`).join('\n')}\n`,
  );
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes);

const accept = async (by = 'owner'): Promise<string> => {
  const { id } = await platform.catalog.acceptImport(people.get(by)!, {
    ...{ name: 'Sent in parts', description: '', source: '' },
    ...{ label: { level: 'public', categories: [] }, conditions: free },
  });
  return id;
};
const pathOf = (id: string) => `${base}/v1/imports/${id}/upload`;
const speak = (
  method: string,
  id: string,
  headers: Record<string, string> = {},
  body?: Buffer,
  by = 'owner',
) =>
  fetch(pathOf(id), {
    method,
    headers: { authorization: `Bearer ${by}`, 'tus-resumable': '1.0.0', ...headers },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
const begin = (id: string, length: number, metadata?: string) =>
  speak('POST', id, {
    'upload-length': String(length),
    ...(metadata === undefined ? {} : { 'upload-metadata': metadata }),
  });
const patch = (
  id: string,
  offset: number,
  bytes: Buffer,
  headers: Record<string, string> = {},
  by = 'owner',
) =>
  speak(
    'PATCH',
    id,
    { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream', ...headers },
    bytes,
    by,
  );
const offsetOf = async (id: string) => Number((await speak('HEAD', id)).headers.get('upload-offset'));
const checksum = (bytes: Buffer) => ({ 'upload-checksum': `sha256 ${sha256(bytes).digest('base64')}` });
const detail = async (answer: Response) => ((await answer.json()) as { detail: string }).detail;
const imported = async (id: string) => {
  const job = await platform.waitForJob(people.get('owner')!, id);
  const { version } = await platform.catalog.showVersion(people.get('owner')!, job.version!, 'explore');
  return version;
};
/** The client of the protocol's authors. */
const tusClient = (id: string, bytes: Buffer, options: Partial<UploadOptions> = {}) => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const upload = new Upload(bytes, {
    ...{ endpoint: pathOf(id), headers: { authorization: 'Bearer owner' }, retryDelays: [50, 100, 200] },
    ...{ onSuccess: () => resolve(), onError: reject, ...options },
  });
  return { upload, done: promise };
};

test('the client of the protocol sends a file, in one piece or in many', async () => {
  for (const chunkSize of [Number.POSITIVE_INFINITY, 100_000]) {
    const bytes = tableOf(30_000, chunkSize === 100_000 ? 1 : 2);
    const id = await accept();
    const { upload, done } = tusClient(id, bytes, { chunkSize });
    upload.start();
    await done;
    expect(await imported(id)).toMatchObject({
      bytes: bytes.length,
      sha256: sha256(bytes).digest('hex'),
      rows: 30_000,
    });
    expect((await speak('HEAD', id)).headers.get('upload-offset')).toBe(String(bytes.length));
  }
});

test('the client of the protocol resumes what it broke off', async () => {
  const bytes = tableOf(600_000, 3);
  const id = await accept();
  let sent = 0;
  const first = tusClient(id, bytes, {
    chunkSize: 1_000_000,
    onChunkComplete: (_size, accepted) => {
      sent = accepted;
      if (accepted >= 3_000_000) void first.upload.abort();
    },
  });
  first.upload.start();
  while (sent < 3_000_000) await new Promise((resolve) => setTimeout(resolve, 10));
  const stands = await offsetOf(id);
  expect(stands).toBeGreaterThanOrEqual(3_000_000);
  expect(stands).toBeLessThan(bytes.length);
  const second = tusClient(id, bytes, { uploadUrl: pathOf(id) });
  second.upload.start();
  await second.done;
  expect(await imported(id)).toMatchObject({ sha256: sha256(bytes).digest('hex') });
});

test('a connection that breaks in the middle of a request loses at most some mebibytes, and never what was told', async () => {
  const bytes = tableOf(2_000_000, 4);
  const id = await accept();
  expect((await begin(id, bytes.length)).status).toBe(201);
  const sending = httpRequest(pathOf(id), {
    method: 'PATCH',
    headers: {
      ...{ authorization: 'Bearer owner', 'tus-resumable': '1.0.0', 'upload-offset': '0' },
      ...{ 'content-type': 'application/offset+octet-stream', 'content-length': String(bytes.length) },
    },
  });
  sending.on('error', () => undefined);
  await new Promise<void>((resolve) => sending.write(bytes.subarray(0, 20_000_000), () => resolve()));
  await expect.poll(() => offsetOf(id)).toBeGreaterThan(8_000_000);
  const told = await offsetOf(id);
  sending.destroy();
  // The server may still be writing what came last: then the offset moves once more.
  let status = 409;
  for (let tries = 0; status === 409 && tries < 50; tries++) {
    const stands = await offsetOf(id);
    expect(stands).toBeGreaterThanOrEqual(told);
    ({ status } = await patch(id, stands, bytes.subarray(stands)));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(status).toBe(204);
  expect(await imported(id)).toMatchObject({ sha256: sha256(bytes).digest('hex') });
});

test('a sender that has fallen silent gives way, one that sends does not', async () => {
  const bytes = tableOf(1000, 5);
  const id = await accept();
  await begin(id, bytes.length);
  const silent = httpRequest(pathOf(id), {
    method: 'PATCH',
    headers: {
      ...{ authorization: 'Bearer owner', 'tus-resumable': '1.0.0', 'upload-offset': '0' },
      ...{ 'content-type': 'application/offset+octet-stream', 'content-length': String(bytes.length) },
    },
  });
  silent.on('error', () => undefined);
  silent.write(bytes.subarray(0, 100));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const refused = await patch(id, 0, bytes);
  expect(refused.status).toBe(409);
  expect(refused.headers.get('retry-after')).toBe('1');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect((await patch(id, 0, bytes)).status).toBe(409);
  expect(await offsetOf(id)).toBe(100);
  expect((await patch(id, 100, bytes.subarray(100))).status).toBe(204);
  expect(await imported(id)).toMatchObject({ sha256: sha256(bytes).digest('hex') });
});

test('of requests at once, one wins', async () => {
  const bytes = tableOf(300_000, 6);
  const id = await accept();
  await begin(id, bytes.length);
  const half = bytes.subarray(0, 2_000_000);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => patch(id, 0, half).catch(() => undefined)),
  );
  expect(answers.filter((answer) => answer?.status === 204)).toHaveLength(1);
  expect(answers.every((answer) => answer === undefined || [204, 409].includes(answer.status))).toBe(true);
  expect(await offsetOf(id)).toBe(half.length);
  await patch(id, half.length, bytes.subarray(half.length));
  expect(await imported(id)).toMatchObject({ sha256: sha256(bytes).digest('hex') });
});

test('bytes whose checksum is wrong are not kept, those whose checksum is right are', async () => {
  const bytes = tableOf(1000, 7);
  const id = await accept();
  await begin(id, bytes.length);
  const piece = bytes.subarray(0, 500);
  const wrong = await patch(id, 0, piece, checksum(bytes));
  expect(wrong.status).toBe(460);
  expect(wrong.headers.get('tus-resumable')).toBe('1.0.0');
  expect(await detail(wrong)).toContain('another SHA-256');
  expect(await offsetOf(id)).toBe(0);
  expect((await patch(id, 0, piece, checksum(piece))).status).toBe(204);
  expect(await offsetOf(id)).toBe(500);
  expect((await patch(id, 500, piece, { 'upload-checksum': 'md5 AAAA' })).status).toBe(400);
});

test('a whole that is not what was announced is not imported, and can be sent again', async () => {
  const bytes = tableOf(1000, 8);
  const other = Buffer.from(bytes);
  other[100]! ^= 1;
  const id = await accept();
  const hex = Buffer.from(sha256(bytes).digest('hex')).toString('base64');
  await begin(id, bytes.length, `filename dC5jc3Y=,sha256 ${hex}`);
  expect((await speak('HEAD', id)).headers.get('upload-metadata')).toBe(`filename dC5jc3Y=,sha256 ${hex}`);
  const refused = await patch(id, 0, other);
  expect(refused.status).toBe(460);
  expect(await detail(refused)).toContain('was announced');
  expect(await offsetOf(id)).toBe(0);
  expect((await patch(id, 0, bytes)).status).toBe(204);
  expect(await imported(id)).toMatchObject({ sha256: sha256(bytes).digest('hex') });
});

test('a wrong offset, length, version or type changes nothing and says what is allowed', async () => {
  const bytes = tableOf(1000, 9);
  const id = await accept();
  expect((await speak('POST', id)).status).toBe(400);
  expect((await speak('POST', id, { 'upload-defer-length': '1' })).status).toBe(400);
  expect((await begin(id, maxUploadBytes + 1)).status).toBe(413);
  expect((await begin(id, 0)).status).toBe(400);
  expect((await begin(id, 10, 'sha256 bm90IGhleA==')).status).toBe(400);
  expect((await speak('HEAD', id)).status).toBe(404);
  expect((await begin(id, bytes.length)).status).toBe(201);
  expect((await begin(id, bytes.length)).status).toBe(201);
  const wrong = await patch(id, 10, bytes.subarray(10));
  expect(wrong.status).toBe(409);
  expect(await detail(wrong)).toBe('Upload-Offset: this upload stands at 0, not at 10.');
  expect((await patch(id, 0, Buffer.concat([bytes, bytes]))).status).toBe(413);
  expect((await patch(id, -1, bytes)).status).toBe(400);
  const old = await patch(id, 0, bytes, { 'tus-resumable': '0.2.2' });
  expect([old.status, old.headers.get('tus-version')]).toEqual([412, '1.0.0']);
  expect((await patch(id, 0, bytes, { 'content-type': 'text/csv' })).status).toBe(415);
  expect(await offsetOf(id)).toBe(0);
  await patch(id, 0, bytes.subarray(0, 10));
  expect((await begin(id, bytes.length)).status).toBe(409);
  const can = await speak('OPTIONS', id);
  expect(can.headers.get('tus-extension')).toBe('creation,expiration,checksum,termination');
  expect(can.headers.get('tus-max-size')).toBe(String(maxUploadBytes));
});

test('for everybody else there is no such upload', async () => {
  const bytes = tableOf(1000, 10);
  const id = await accept();
  await begin(id, bytes.length);
  await patch(id, 0, bytes.subarray(0, 10));
  const invented = `${id.slice(0, 4)}${'0'.repeat(26)}`;
  const asked = async (at: string) => {
    const answers = [
      await speak('HEAD', at, {}, undefined, 'colleague'),
      await speak('POST', at, { 'upload-length': '5' }, undefined, 'colleague'),
      await patch(at, 10, bytes.subarray(10), {}, 'colleague'),
      await speak('DELETE', at, {}, undefined, 'colleague'),
    ];
    return await Promise.all(
      answers.map(async (answer) => {
        const text = await answer.text();
        const body = text === '' ? {} : { ...(JSON.parse(text) as object), instance: '', requestId: '' };
        return { status: answer.status, body };
      }),
    );
  };
  const told = await asked(id);
  expect(told).toEqual(await asked(invented));
  expect(told.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  expect(await offsetOf(id)).toBe(10);
  expect((await speak('HEAD', id, {}, undefined, 'nobody')).status).toBe(401);
});

test('an upload that is ended leaves no bytes, and its import can be sent again', async () => {
  const bytes = tableOf(1000, 11);
  const id = await accept();
  await begin(id, bytes.length);
  await patch(id, 0, bytes.subarray(0, 10));
  expect((await speak('DELETE', id)).status).toBe(204);
  expect((await speak('HEAD', id)).status).toBe(404);
  expect(await readdir(join(platform.dataFolder, 'staging', id))).toEqual([]);
  await begin(id, bytes.length);
  expect((await patch(id, 0, bytes)).status).toBe(204);
  expect(await imported(id)).toMatchObject({ sha256: sha256(bytes).digest('hex') });
  expect((await patch(id, 0, bytes)).status).toBe(409);
});

test('an upload that is too late expires with its bytes', async () => {
  const bytes = tableOf(1000, 12);
  const id = await accept();
  const { headers } = await begin(id, bytes.length);
  const hours = (Date.parse(headers.get('upload-expires')!) - Date.now()) / 3600_000;
  expect(hours).toBeGreaterThan(23.9);
  expect(hours).toBeLessThanOrEqual(24);
  await patch(id, 0, bytes.subarray(0, 10));
  const early = Date.now() - 25 * 3600_000;
  await platform.database.orm.update(catalogJob).set({ createdAt: early }).where(eq(catalogJob.id, id));
  expect((await patch(id, 10, bytes.subarray(10))).status).toBe(404);
  await platform.catalog.uploads.expire(id);
  await platform.catalog.uploads.expire(id);
  expect(await readdir(join(platform.dataFolder, 'staging'))).not.toContain(id);
  const job = await platform.waitForJob(people.get('owner')!, id);
  expect(job).toMatchObject({ state: 'failed', failure: { code: 'not-found' } });
});
