import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cardText } from '../../../test/card-for-tests.ts';
import { catalogPlatform } from '../../../test/catalog-platform.ts';
import type { WriteTx } from '../../door/index.ts';
import { placeNew } from '../../door/index.ts';
import { requireAuthentication } from '../../identity/index.ts';
import { createApp, createCursors, createLog } from '../../kernel/index.ts';
import { type PrincipalFacts, unrestricted } from '../../policy/index.ts';
import { catalogRoutes } from '../index.ts';
import { counted } from './model.ts';
import { writeDocuments } from './write-documents.ts';

type Page = {
  items: { id: string; name: string; fresh?: boolean }[];
  nextCursor: string | null;
  total: { count: number; exact: boolean } | null;
  facets: { facet: string; values: { value: string; count: number }[] }[] | null;
};
let base = '';
let platform: Awaited<ReturnType<typeof catalogPlatform>>;
let close = async () => {};
const people = new Map<string, PrincipalFacts>();

beforeAll(async () => {
  platform = await catalogPlatform();
  people.set('owner', platform.person('org_00000000000000000000000000'));
  people.set('other', platform.person('org_00000000000000000000000000'));
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

async function send<T>(
  who: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: T }> {
  const answer = await fetch(base + path, {
    method,
    headers: {
      authorization: `Bearer ${who}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}
const search = async (query: string): Promise<Page> => {
  const { status, body } = await send<Page>('owner', 'GET', `/v1/search?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

const cards = Array.from({ length: 12 }, (_, index) =>
  cardText({
    'discoverability.identification.name': `Library ${String.fromCharCode(97 + index)}`,
    'accessibility.dataset_scale.uncompressed_bytes': (index % 4) * 1e8,
  }),
);

test('cards come in by one request of several hundred KiB, and every order pages through all of them once', async () => {
  const { status, body } = await send<{ items: { state: string }[] }>('owner', 'POST', '/v1/cards/bulk', {
    cards,
  });
  expect(status, JSON.stringify(body).slice(0, 500)).toBe(200);
  expect(body.items.every(({ state }) => state === 'imported')).toBe(true);
  for (const sort of ['relevance', 'newest', 'name', 'size', 'readiness']) {
    const seen: string[] = [];
    let page = await search(`q=library&field=Materials&sort=${sort}&limit=5`);
    expect(page.total).toEqual({ count: 12, exact: true });
    expect(page.facets?.find(({ facet }) => facet === 'field')?.values).toEqual([
      { value: 'Materials', count: 12 },
    ]);
    for (;;) {
      seen.push(...page.items.map(({ name }) => name));
      if (page.nextCursor === null) break;
      page = await search(`q=library&field=Materials&sort=${sort}&limit=5&cursor=${page.nextCursor}`);
      expect(page.total).toBeNull();
    }
    expect(seen, sort).toHaveLength(12);
    expect(new Set(seen).size, sort).toBe(12);
    if (sort === 'name') expect(seen).toEqual(seen.toSorted());
  }
  const first = await search('q=library&limit=5');
  const other = await send('owner', 'GET', `/v1/search?q=libraries&limit=5&cursor=${first.nextCursor}`);
  expect(other.status).toBe(400);
});

test("saved searches by HTTP: kept, listed, run with what is new, deleted; nobody else's", async () => {
  const made = await send<{ id: string }>('owner', 'POST', '/v1/saved-searches', {
    ...{ name: 'Libraries', q: 'library', facets: { field: ['Materials'] } },
  });
  expect(made.status).toBe(201);
  const path = `/v1/saved-searches/${made.body.id}`;
  expect((await send<{ items: object[] }>('owner', 'GET', '/v1/saved-searches')).body.items).toMatchObject([
    { name: 'Libraries', ranAt: null, facets: { field: ['Materials'] } },
  ]);
  const ran = await send<Page>('owner', 'POST', `${path}/run`);
  expect(ran.body.items.every(({ fresh }) => fresh)).toBe(true);
  const again = await send<Page>('owner', 'POST', `${path}/run`);
  expect(again.body.items).toHaveLength(12);
  expect(again.body.items.some(({ fresh }) => fresh)).toBe(false);
  for (const [method, at] of [
    ['POST', `${path}/run`],
    ['DELETE', path],
  ] as const)
    expect((await send('other', method, at)).status).toBe(404);
  expect((await send('owner', 'DELETE', path)).status).toBe(200);
  expect((await send('owner', 'DELETE', path)).status).toBe(404);
});

test.each([
  [`q=${'x'.repeat(401)}`],
  [`q=${'x '.repeat(30)}`],
  ['q=nonsense:x'],
  ['q=-library'],
  ['q=%00'],
  ['sort=random'],
  ['nonsense=x'],
  ['cursor=abc'],
])('a hostile query is refused with what is allowed: %#', async (query) => {
  const { status, body } = await send<{ code: string }>('owner', 'GET', `/v1/search?${query}`);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain('query');
});

test('a search that keeps the database for too long is ended, and says what to do', async () => {
  const { database } = platform;
  const held = await database.pool.connect();
  try {
    await held.query('begin; lock table search_document in access exclusive mode');
    const { status, body } = await send('owner', 'GET', '/v1/search?q=library');
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('took more than 5 seconds');
  } finally {
    await held.query('rollback');
    held.release();
  }
}, 30_000);

test('more hits than are counted are told as more, and everything is still counted exactly', async () => {
  const { database } = platform;
  const many = Array.from({ length: counted + 20 }, (_, index) => `dst_many${index}`);
  const described = many.map((subject, index) => ({
    ...{
      subject,
      organisation: 'org_00000000000000000000000000',
      name: `Crowd ${index}`,
      description: '',
      source: '',
    },
    ...{ columns: [], formats: ['CSV'], bytes: 1, createdAt: index, card: null },
  }));
  const write = (from: number, to: number) =>
    database.transaction(async (tx) => {
      const facts = many.slice(from, to).map((id) => ({
        ...{ kind: 'dataset', id, organisation: 'org_00000000000000000000000000' },
        ...{
          label: { level: 'public' as const, categories: [] },
          conditions: { ...unrestricted, origins: [id] },
        },
      }));
      await placeNew(tx as WriteTx, facts, 'prn_1', 1);
      await writeDocuments(tx as WriteTx, described.slice(from, to));
    });
  // Several at once: counts are added to, and folded, by all of them.
  const step = 20;
  const starts = Array.from({ length: Math.ceil(many.length / step) }, (_, index) => index * step);
  for (let at = 0; at < starts.length; at += 8)
    await Promise.all(starts.slice(at, at + 8).map((from) => write(from, from + step)));
  const crowd = await search('q=crowd&sort=newest&limit=1');
  expect(crowd.total).toEqual({ count: counted, exact: false });
  expect(crowd.facets?.find(({ facet }) => facet === 'format')?.values).toEqual([
    { value: 'CSV', count: counted },
  ]);
  expect(crowd.items[0]?.name).toBe(`Crowd ${counted + 19}`);
  const everything = await search('limit=1');
  expect(everything.total).toEqual({ count: counted + 20 + 12, exact: true });
  const { rows } = await database.orm.execute<{ rows: number; sums: number }>(sql`
    select count(*)::int as rows, count(distinct (class, value))::int as sums from search_count`);
  expect(rows[0]!.rows).toBeLessThan(rows[0]!.sums * 60);
}, 120_000);
