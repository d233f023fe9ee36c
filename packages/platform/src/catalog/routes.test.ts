import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogPlatform, free } from '../../test/catalog-platform.ts';
import { requireAuthentication } from '../identity/index.ts';
import { createApp, createCursors, createLog } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { catalogRoutes } from './index.ts';

type Answer = { status: number; body: Record<string, unknown>; text: string };
let base = '';
let close = async () => {};
const people = new Map<string, PrincipalFacts>();
const secret = { level: 'controlled' as const, categories: ['cui'] };

beforeAll(async () => {
  const platform = await catalogPlatform();
  people.set('owner', platform.person('org_a', secret));
  people.set('stranger', platform.person('org_b'));
  const app = await createApp({
    log: createLog({ level: 'silent' }),
    bodyLimitBytes: 100_000,
    title: 'Genesis',
    version: '0',
  });
  requireAuthentication(app, { authenticate: async (bearer) => people.get(bearer) });
  const { catalog, door } = platform;
  catalogRoutes(app, { catalog, door, cursors: createCursors(Buffer.alloc(32)), maxUploadBytes: 1_000_000 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  close = async () => {
    await app.close();
  };
});
afterAll(() => close());

const send = async (
  who: string,
  method: string,
  path: string,
  body?: object | Uint8Array,
  key?: string,
): Promise<Answer> => {
  const raw = body instanceof Uint8Array;
  const answer = await fetch(base + path, {
    method,
    headers: {
      authorization: `Bearer ${who}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(body === undefined ? {} : { 'content-type': raw ? 'text/csv' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: raw ? Buffer.from(body) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    text,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
};

const table = `x,y\n${Array.from({ length: 60 }, (_, i) => `${i % 20},${i}.5`).join('\n')}\n`;

const importTable = async (who: string, request: object, content = table) => {
  const accepted = await send(who, 'POST', '/v1/imports', request);
  expect(accepted.status).toBe(201);
  const path = `/v1/imports/${String(accepted.body['id'])}`;
  expect((await send(who, 'PUT', `${path}/content`, Buffer.from(content))).status).toBe(202);
  for (;;) {
    const job = await send(who, 'GET', path);
    if (['done', 'failed'].includes(String(job.body['state']))) return { ...job, path };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

test('a table goes in, and comes out by its explore part only', async () => {
  const request = {
    name: 'Sealed',
    label: secret,
    conditions: free,
    split: { outcomes: ['y'], seed: '1', confirmFraction: 0.4 },
  };
  const job = await importTable('owner', request);
  expect(job.body).toMatchObject({ state: 'done', failure: null });
  const { dataset, version, split } = job.body as Record<string, string>;
  const shown = await send('owner', 'GET', `/v1/versions/${version}`);
  const cut = await send('owner', 'GET', `/v1/splits/${split}`);
  const explore = cut.body['explore'] as { rows: number };
  expect(shown.body).toMatchObject({ rows: 60, visibleRows: explore.rows, split });
  expect(cut.text).not.toContain('wrappedKey');
  // An export names no recipient, so it goes to the public: this label may not.
  const exported = await send('owner', 'GET', `/v1/versions/${version}/export`);
  expect(exported.body).toMatchObject({
    status: 403,
    decision: { rationaleCode: 'destination-not-cleared' },
  });
  expect((await send('owner', 'GET', '/v1/datasets')).body['items']).toMatchObject([
    { id: dataset, label: secret },
  ]);
  expect((await send('owner', 'GET', `/v1/datasets/${dataset}`)).body).toMatchObject({
    versions: [{ id: version, number: 1 }],
  });
  const events = await send('owner', 'GET', `${job.path}/events`);
  expect(events.text).toContain('"state":"done"');

  const invented = (id: string) => `${id.slice(0, 4)}${'0'.repeat(26)}`;
  for (const path of [
    `datasets/${dataset}`,
    `versions/${version}`,
    `versions/${version}/export`,
    `splits/${split}`,
  ]) {
    const id = path.split('/')[1] as string;
    const told = await send('stranger', 'GET', `/v1/${path}`);
    const never = await send('stranger', 'GET', `/v1/${path.replace(id, invented(id))}`);
    const strip = ({ body, status }: Answer) => ({ status, ...body, requestId: '', instance: '' });
    expect(strip(told), path).toEqual(strip(never));
    expect(told.status).toBe(404);
  }
  expect((await send('stranger', 'GET', '/v1/datasets')).body).toEqual({ items: [], nextCursor: null });
  expect((await send('stranger', 'GET', job.path)).status).toBe(404);
}, 120_000);

test('a public table can be exported', async () => {
  const job = await importTable('owner', { name: 'Open' });
  const exported = await send('owner', 'GET', `/v1/versions/${String(job.body['version'])}/export`);
  expect(exported.status, exported.text).toBe(200);
  expect(exported.text).toBe(table);
}, 120_000);

test('bad cells come back by line and column', async () => {
  const job = await importTable('owner', { name: 'Broken' }, 'x,y\n1,2\n3,oops\n4,5\n');
  expect(job.body).toMatchObject({
    state: 'failed',
    failure: {
      code: 'invalid-input',
      problems: [
        { field: 'line 3, column 2 ("y")', message: 'expected an integer that fits 64 bits, found "oops"' },
      ],
    },
  });
});

test.each<[string, object, string]>([
  ['no name', {}, 'name'],
  ['an unknown field', { name: 'x', colour: 'red' }, 'colour'],
  ['a name with a control character', { name: 'a\u0007b' }, 'name'],
  ['two ways to cut', { name: 'x', split: { inputs: ['x'], group: 'y', seed: 's' } }, 'split'],
  [
    'a fraction of 1',
    { name: 'x', split: { inputs: ['x'], seed: 's', confirmFraction: 1 } },
    'confirmFraction',
  ],
  ['a level that is none', { name: 'x', label: { level: 'secret' } }, 'level'],
  ['a type that is none', { name: 'x', types: { a: 'complex' } }, 'types'],
  ['a malformed dataset', { dataset: 'dst_1' }, 'dataset'],
])('an import with %s is refused before any byte', async (_, request, field) => {
  const answer = await send('owner', 'POST', '/v1/imports', request);
  expect(answer.status).toBe(400);
  expect(String(answer.body['detail'])).toContain(field);
});

test('a repeated request with the same key begins one import', async () => {
  const first = await send('owner', 'POST', '/v1/imports', { name: 'Once' }, 'key-1');
  const again = await send('owner', 'POST', '/v1/imports', { name: 'Once' }, 'key-1');
  expect(again.body).toEqual(first.body);
  expect((await send('owner', 'POST', '/v1/imports', { name: 'Other' }, 'key-1')).status).toBe(422);
});

test('an oversized file is refused, and nothing of it stays', async () => {
  const accepted = await send('owner', 'POST', '/v1/imports', { name: 'Large' });
  const path = `/v1/imports/${String(accepted.body['id'])}`;
  const answer = await send('owner', 'PUT', `${path}/content`, Buffer.alloc(2_000_000, 65));
  expect(answer.status).toBe(413);
  expect((await send('owner', 'GET', path)).body['state']).toBe('awaiting-content');
});

test('a label above the own clearance is denied with its reason', async () => {
  const answer = await send('stranger', 'POST', '/v1/imports', { name: 'x', label: secret });
  expect(answer.status).toBe(403);
  expect(answer.body['needed']).toBeInstanceOf(Array);
});

test('every route is described for clients', async () => {
  const document = (await send('owner', 'GET', '/openapi.json')).body as {
    paths: Record<
      string,
      Record<string, { requestBody?: { content: Record<string, { schema: { properties?: object } }> } }>
    >;
  };
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/v1/imports', '/v1/versions/{id}/splits', '/v1/splits/{id}']),
  );
  const body = document.paths['/v1/imports']?.['post']?.requestBody?.content['application/json']?.schema;
  expect(Object.keys(body?.properties ?? {})).toEqual(
    expect.arrayContaining(['name', 'dataset', 'label', 'columns', 'split']),
  );
});
