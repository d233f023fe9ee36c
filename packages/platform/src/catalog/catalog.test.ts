import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { canonicalRowKey, sideOf } from '@genesis/evidence';
import { expect, test } from 'vitest';
import { catalogPlatform, chunks, free, open } from '../../test/catalog-platform.ts';
import type { TableDescription } from './ingest/describe-table.ts';
import type { Cut, ImportRequest } from './model.ts';

/** Forty designs, three measurements each, with values that stand out as bytes. */
const rows = Array.from({ length: 120 }, (_, i) => {
  const design = i % 40;
  return { a: design, b: (design * 7) % 11, y: 1000.5 + i };
});
const csv = (header = 'a,b,y', from = rows) =>
  `${header}\n${from.map(({ a, b, y }) => `${a},${b},${y}`).join('\n')}\n`;
const cut: Cut = { inputs: ['a', 'b'], seed: 'first', confirmFraction: 0.3 };
const request = (more: object = {}): ImportRequest =>
  ({
    name: 'Table',
    description: '',
    source: 'made up',
    label: open,
    conditions: free,
    ...more,
  }) as ImportRequest;

const tableOf = ({ description }: { description: object }) => description as TableDescription;

const allFiles = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('an import appears whole, with statistics, and its use can be exported', async () => {
  const { catalog, door, person, importText } = await catalogPlatform();
  const by = person('org_a');
  const job = await importText(by, request(), csv('a (mm),b,y / %'));
  expect(job).toMatchObject({ state: 'done', split: null });
  const { version } = await catalog.showVersion(by, job.version as string, 'explore');
  expect(version.columns).toEqual([
    { name: 'a (mm)', unit: 'mm', type: 'integer' },
    { name: 'b', unit: null, type: 'integer' },
    { name: 'y / %', unit: '%', type: 'number' },
  ]);
  expect(version.rows).toBe(120);
  expect(tableOf(version).statistics[2]).toMatchObject({
    kind: 'numeric',
    count: 120,
    missing: 0,
    min: 1000.5,
    max: 1119.5,
  });
  expect(tableOf(version).preview).toHaveLength(20);
  const listed = await catalog.listDatasets(door.authorize(by, 'explore'), { limit: 10 });
  expect(listed.map(({ dataset }) => dataset.id)).toEqual([job.dataset]);
  expect(await text(await catalog.exportVisible(by, job.version as string))).toBe(csv('a (mm),b,y / %'));
});

test('a cut seals its rows: nothing on disk, in statistics, previews or exports shows them', async () => {
  const { catalog, door, dataFolder, person, importText } = await catalogPlatform();
  const by = person('org_a');
  const job = await importText(by, request({ split: cut }), csv());
  expect(job).toMatchObject({ state: 'done', failure: null });
  const { split } = await catalog.showSplit(by, job.split as string, 'explore');
  const side = (row: (typeof rows)[number]) => sideOf(split.rule, canonicalRowKey({ a: row.a, b: row.b }));
  const sealed = rows.filter((row) => side(row) === 'confirm');
  const explored = rows.filter((row) => side(row) === 'explore');
  expect([split.exploreRows, split.confirmRows]).toEqual([explored.length, sealed.length]);
  expect(sealed.length % 3).toBe(0);

  const { version } = await catalog.showVersion(by, job.version as string, 'explore');
  expect(tableOf(version).rows).toBe(explored.length);
  const exported = await text(await catalog.exportVisible(by, job.version as string));
  expect(exported).toBe(csv('a,b,y', explored));
  const scope = door.authorize(by, 'explore');
  expect(await catalog.tables.exploreRows(scope, job.split as string, ['y', 'a'])).toEqual(
    explored.map(({ y, a }) => ({ y, a })),
  );

  const needles = sealed.map(({ y }) => String(y));
  for (const file of await allFiles(dataFolder)) {
    const bytes = await readFile(file, 'latin1');
    expect(
      needles.filter((needle) => bytes.includes(needle)),
      file,
    ).toEqual([]);
  }
  expect(await readdir(join(dataFolder, 'staging'))).toEqual([]);
});

test('only the confirming run opens sealed rows; retiring ends that for all splits of the rows', async () => {
  const { catalog, person, importText } = await catalogPlatform();
  const by = person('org_a');
  const first = await importText(by, request({ split: cut }), csv());
  const again = await importText(
    by,
    request({ split: { ...cut, seed: 'other' } }),
    csv(
      'y,a,b',
      rows.map(({ a, b, y }) => ({ a: y, b: a, y: b })),
    ),
  );
  const { split } = await catalog.showSplit(by, first.split as string, 'evaluate');
  const sealed = await catalog.tables.confirmRows(by, first.split as string, ['a', 'b', 'y']);
  expect(sealed).toHaveLength(split.confirmRows);

  const other = await catalog.showSplit(by, again.split as string, 'evaluate');
  expect(other.split.recognised).toBe('same-rows');
  expect(other.seal.id).toBe(split.seal);
  // The rows that were sealed first stay sealed, whatever seed was wished for.
  expect(other.split.rule).toEqual(split.rule);
  const ys = (list: Record<string, unknown>[]) => list.map(({ y }) => Number(y)).toSorted((a, b) => a - b);
  expect(ys(await catalog.tables.confirmRows(by, again.split as string, ['y']))).toEqual(ys(sealed));

  const retired = await catalog.retireSplit(by, again.split as string);
  expect(retired.rows).toHaveLength(split.confirmRows);
  await expect(catalog.tables.confirmRows(by, first.split as string, ['y'])).rejects.toMatchObject({
    failure: { code: 'sealed' },
  });
});

test('a slice, a padded table and a table without a column are known again; new results of known designs are not', async () => {
  const { catalog, person, importText } = await catalogPlatform();
  const by = person('org_a');
  const first = await importText(by, request({ split: cut }), csv());
  const { split } = await catalog.showSplit(by, first.split as string, 'explore');
  const recognised = async (content: string, wanted: Cut = { ...cut, seed: 'again' }) => {
    const job = await importText(by, request({ split: wanted }), content);
    expect(job.failure).toBeNull();
    const found = await catalog.showSplit(by, job.split as string, 'explore');
    return { seal: found.split.seal, recognised: found.split.recognised };
  };
  const known = { seal: split.seal, recognised: 'same-rows' };
  expect(await recognised(csv('a,b,y', rows.slice(0, 60)))).toEqual(known);
  const padding = Array.from({ length: 200 }, (_, i) => ({ a: 500 + i, b: i, y: -i }));
  expect(await recognised(csv('a,b,y', [...rows, ...padding]))).toEqual(known);
  const withoutB = `a,y\n${rows.map(({ a, y }) => `${a},${y}`).join('\n')}\n`;
  expect(await recognised(withoutB, { inputs: ['a'], seed: 's', confirmFraction: 0.3 })).toEqual(known);
  const fresh = rows.map((row) => ({ ...row, y: row.y * 1.37 + 5 }));
  expect(await recognised(csv('a,b,y', fresh))).toMatchObject({ recognised: 'same-designs' });
}, 180_000);

test('a version that is cut later loses its sealed rows from every place', async () => {
  const { catalog, dataFolder, person, importText, waitForJob } = await catalogPlatform();
  const by = person('org_a');
  const imported = await importText(by, request(), csv());
  const version = imported.version as string;
  const before = (await catalog.showVersion(by, version, 'explore')).version.visible;
  const job = await catalog.acceptCut(by, { dataset: imported.dataset as string, version, cut });
  const done = await waitForJob(by, job.id);
  expect(done).toMatchObject({ state: 'done', version });
  const { split } = await catalog.showSplit(by, done.split as string, 'explore');
  expect(split.sealedAtImport).toBe(false);
  expect(tableOf((await catalog.showVersion(by, version, 'explore')).version).rows).toBe(split.exploreRows);
  // The job is done before the old blob is gone.
  await expect
    .poll(async () =>
      (await allFiles(join(dataFolder, 'blobs'))).some((file) => file.includes(before.sha256)),
    )
    .toBe(false);
  const second = await catalog.acceptCut(by, { dataset: imported.dataset as string, version, cut });
  expect((await waitForJob(by, second.id)).failure).toMatchObject({ code: 'conflict' });
});

test('a broken table publishes nothing and says where it is broken', async () => {
  const { catalog, door, person, importText } = await catalogPlatform();
  const by = person('org_a');
  const job = await importText(by, request(), 'a,b\n1,2\n3,x\n5,6\n');
  expect(job).toMatchObject({ state: 'failed', dataset: null, failure: { code: 'invalid-input' } });
  expect(job.failure?.message).toContain('line 3, column 2 ("b")');
  expect(await catalog.listDatasets(door.authorize(by, 'explore'), { limit: 10 })).toEqual([]);
});

test('content that is too large or cut off leaves the import waiting', async () => {
  const { catalog, door, person } = await catalogPlatform({ maxBytes: 1000 });
  const by = person('org_a');
  const job = await catalog.acceptImport(by, request());
  await expect(catalog.receiveContent(by, job.id, chunks(Buffer.alloc(2000, 65)))).rejects.toMatchObject({
    failure: { code: 'too-large', limitBytes: 1000 },
  });
  const broken = (async function* () {
    yield Buffer.from('a,b\n');
    throw new Error('the connection broke');
  })();
  await expect(catalog.receiveContent(by, job.id, broken)).rejects.toThrow('the connection broke');
  expect(await catalog.findJob(door.authorize(by, null), job.id)).toMatchObject({
    state: 'awaiting-content',
  });
});

test('what one may not see is as if it did not exist', async () => {
  const { catalog, door, person, importText, ids } = await catalogPlatform();
  const secret = { level: 'controlled' as const, categories: ['cui'] };
  const owner = person('org_a', secret);
  const stranger = person('org_b', open);
  const job = await importText(owner, request({ label: secret, split: cut }), csv());
  expect(job.state).toBe('done');
  const answer = (attempt: Promise<unknown>) =>
    attempt.then(
      (value) => ({ value }),
      (error: { failure: unknown }) => error.failure,
    );
  const never = {
    dataset: ids.next('dataset'),
    version: ids.next('version'),
    split: ids.next('split'),
    job: ids.next('upload'),
  };
  const tries: [string, (id: typeof never) => Promise<unknown>][] = [
    ['dataset', (id) => catalog.showDataset(stranger, id.dataset, 'explore')],
    ['version', (id) => catalog.showVersion(stranger, id.version, 'explore')],
    ['split', (id) => catalog.showSplit(stranger, id.split, 'explore')],
    ['export', (id) => catalog.exportVisible(stranger, id.version)],
    ['rows', (id) => catalog.tables.exploreRows(door.authorize(stranger, 'explore'), id.split, ['a'])],
    ['sealed rows', (id) => catalog.tables.confirmRows(stranger, id.split, ['a'])],
    ['retire', (id) => catalog.retireSplit(stranger, id.split)],
    ['cut', (id) => catalog.acceptCut(stranger, { dataset: id.dataset, version: id.version, cut })],
    ['further version', (id) => catalog.acceptImport(stranger, { dataset: id.dataset })],
    ['job', (id) => catalog.findJob(door.authorize(stranger, 'explore'), id.job)],
    ['content', (id) => catalog.receiveContent(stranger, id.job, chunks(Buffer.from('a\n1\n')))],
  ];
  const real = { dataset: job.dataset, version: job.version, split: job.split, job: job.id } as typeof never;
  for (const [what, attempt] of tries) {
    const told = await answer(attempt(real));
    expect(told, what).toMatchObject({ code: 'not-found' });
    expect(told, what).toEqual(await answer(attempt(never)));
  }
  expect(await catalog.listDatasets(door.authorize(stranger, 'explore'), { limit: 10 })).toEqual([]);
  expect(await catalog.listDatasets(door.authorize(owner, 'explore'), { limit: 10 })).toHaveLength(1);
});

test('further versions are numbered, and the first one stays as it is', async () => {
  const { catalog, person, importText } = await catalogPlatform();
  const by = person('org_a');
  const first = await importText(by, request(), csv());
  const second = await importText(by, { dataset: first.dataset as string }, csv('a,b,y', rows.slice(0, 50)));
  expect(second.failure).toBeNull();
  const { versions } = await catalog.showDataset(by, first.dataset as string, 'explore');
  expect(versions.map(({ version }) => [version.number, version.rows])).toEqual([
    [2, 50],
    [1, 120],
  ]);
});

test.each(['catalog.ingested', 'catalog.stored', 'catalog.published'])(
  'an import that is interrupted at %s is published once',
  async (point) => {
    const left = new Set([point]);
    const crashPoints = {
      reach: (name: string) => {
        if (left.delete(name)) throw new Error(`interrupted at ${name}`);
      },
    };
    const { catalog, door, database, dataFolder, person, importText } = await catalogPlatform({
      crashPoints,
    });
    const by = person('org_a');
    const job = await importText(by, request({ split: cut }), csv());
    expect(job.state).toBe('done');
    expect(left.size).toBe(0);
    expect(await catalog.listDatasets(door.authorize(by, 'explore'), { limit: 10 })).toHaveLength(1);
    const { rows: entries } = await database.pool.query(
      "select count(*)::int as count from ledger_detail where details ->> 'stage' = 'published'",
    );
    expect(entries).toEqual([{ count: 1 }]);
    await expect.poll(() => readdir(join(dataFolder, 'staging')), { timeout: 10_000 }).toEqual([]);
  },
);
