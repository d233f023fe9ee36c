import type { Label } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { asCui, cardText } from '../../../test/card-for-tests.ts';
import { catalogPlatform, free, open } from '../../../test/catalog-platform.ts';
import type { ImportRequest } from '../model.ts';
import type { SearchRequest } from './search.ts';

const cui: Label = { level: 'controlled', categories: ['cui', 'cui:propin'] };
const importOf = (name: string, more: object = {}): ImportRequest =>
  ({ name, description: '', source: '', label: open, conditions: free, ...more }) as ImportRequest;
const asked = (q: string, more: Partial<SearchRequest> = {}): SearchRequest => ({
  ...{ q, only: {}, sort: 'relevance', limit: 20, ...more },
});

test('a dataset is found by its name, description, source and columns, the name first', async () => {
  const { catalog, door, person, importText } = await catalogPlatform();
  const by = person('org_a');
  await importText(by, importOf('Other', { description: 'with silica in it' }), 'a,b\n1,2\n');
  await importText(by, importOf('Silica spheres', { source: 'doi:10.5072/x' }), 'radius,intensity\n1,2\n');
  const find = async (q: string) => {
    const { hits } = await catalog.search(door.authorize(person('org_b'), 'explore'), asked(q));
    return hits.map(({ hit }) => hit.name);
  };
  expect(await find('silica')).toEqual(['Silica spheres', 'Other']);
  expect(await find('"silica spheres"')).toEqual(['Silica spheres']);
  expect(await find('silica -sphere')).toEqual(['Other']);
  expect(await find('intensities')).toEqual(['Silica spheres']);
  expect(await find('format:csv')).toHaveLength(2);
  expect(await find('format:csv -format:CSV')).toEqual([]);
  expect(await find('organisation:org_b')).toEqual([]);
  await expect(find('the')).rejects.toThrow('in every text');
  await expect(find('-silica')).rejects.toThrow('say also what must be there');
});

test('a phrase is its words beside each other; small words hold their place; equal numbers of pairs are no phrase', async () => {
  const { catalog, database, door, person, importText } = await catalogPlatform();
  const by = person('org_a');
  for (const name of [
    'Sheets of rolled steel',
    'Sheets rolled of steel',
    'Steel that rolled sheets',
    'Rolled rolled tin',
  ])
    await importText(by, importOf(name), 'a\n1\n');
  const find = async (q: string) => {
    const { hits, counts } = await catalog.search(door.authorize(person('org_b'), 'explore'), asked(q));
    expect(counts?.total).toEqual({ count: hits.length, exact: true });
    return hits.map(({ hit }) => hit.name).sort();
  };
  expect(await find('"rolled steel"')).toEqual(['Sheets of rolled steel']);
  expect(await find('"sheet of roll"')).toEqual(['Sheets of rolled steel']);
  expect(await find('"rolled sheets" the')).toEqual(['Steel that rolled sheets']);
  expect(await find('"rolled of steel"')).toEqual(['Sheets rolled of steel']);
  expect(await find('"sheets rolled steel"')).toEqual([]);
  expect(await find('"steel" -"rolled steel"')).toEqual([
    'Sheets rolled of steel',
    'Steel that rolled sheets',
  ]);
  expect(await find('"rolled rolled"')).toEqual(['Rolled rolled tin']);
  await expect(find('"of the"')).rejects.toThrow('in every text');
  await database.orm.execute(
    sql`update search_document set pairs = search_pairs(to_tsvector('english', 'zinc plate')) || pairs`,
  );
  expect(await find('"zinc plate"')).toEqual([]);
});

test('a public card is the face of a hidden dataset, and tells how to ask; cleared people see both as one', async () => {
  const { catalog, door, person, importText } = await catalogPlatform();
  const steward = person('org_a', cui, 'steward');
  const job = await importText(
    steward,
    importOf('Hidden name', { card: cardText(asCui) }),
    'secretcolumn\n1\n',
  );
  const look = async (who: typeof steward, q: string) =>
    await catalog.search(door.authorize(who, 'explore'), asked(q));
  const stranger = await look(person('org_b'), 'sphere');
  expect(stranger.hits).toHaveLength(1);
  expect(stranger.hits[0]?.hit).toMatchObject({
    ...{ id: job.dataset, shown: 'card', name: 'Synthetic SANS Core-Shell Sphere Library' },
    label: cui,
    ask: expect.stringContaining('ask a steward of org_a'),
  });
  for (const q of ['secretcolumn', 'hidden', 'format:csv'])
    expect((await look(person('org_b'), q)).hits, q).toEqual([]);
  const facets = Object.fromEntries(
    stranger.counts!.facets.map(({ facet, values }) => [facet, values.map(({ value }) => value)]),
  );
  expect(facets).toMatchObject({
    field: ['Materials'],
    facility: ['Example Computing Facility'],
    format: ['HDF5', 'JSON'],
  });
  const own = await look(steward, 'secretcolumn sphere');
  expect(own.hits[0]?.hit).toMatchObject({ shown: 'both', name: 'Hidden name', ask: null });
  expect(own.counts?.total).toEqual({ count: 1, exact: true });
});

test('a label that is raised takes a dataset out of hits and counts in the same moment', async () => {
  const { catalog, door, person, importText } = await catalogPlatform();
  const steward = person('org_a', cui, 'steward');
  const job = await importText(steward, importOf('Spheres', { card: cardText() }), 'a\n1\n');
  const look = async () => await catalog.search(door.authorize(person('org_b'), 'explore'), asked(''));
  const before = await look();
  expect(before.hits[0]?.hit).toMatchObject({ shown: 'both', name: 'Spheres' });
  expect(before.counts?.total).toEqual({ count: 1, exact: true });
  expect(before.counts?.facets.find(({ facet }) => facet === 'level')?.values).toEqual([
    { value: 'public', count: 1 },
  ]);
  await catalog.replaceCard(steward, job.dataset as string, cardText(asCui));
  const after = await look();
  expect(after.hits[0]?.hit).toMatchObject({ shown: 'card' });
  expect(after.counts?.facets.find(({ facet }) => facet === 'level')?.values).toEqual([
    { value: 'controlled', count: 1 },
  ]);
  const own = await catalog.search(door.authorize(steward, 'explore'), asked(''));
  expect(own.counts?.total).toEqual({ count: 1, exact: true });
  expect(own.counts?.facets.find(({ facet }) => facet === 'category')?.values).toHaveLength(2);
});
