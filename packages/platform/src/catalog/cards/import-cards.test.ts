import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { asCui, cardText } from '../../../test/card-for-tests.ts';
import { catalogPlatform, open } from '../../../test/catalog-platform.ts';

const named = (name: string, edits: object = {}): string =>
  cardText({ 'discoverability.identification.name': name, ...edits });

test('cards come in as one batch with one entry, and are found by those who may see them', async () => {
  const { catalog, door, database, person } = await catalogPlatform();
  const by = person('org_a', { level: 'controlled', categories: ['cui', 'cui:propin'] }, 'steward');
  const cards = [named('First library'), named('Second library'), named('Third library', asCui)];
  const made = await catalog.importCards(by, { cards });
  expect(made.map(({ state }) => state)).toEqual(['imported', 'imported', 'imported']);
  const { rows } = await database.orm.execute(
    sql`select count(*)::int as n from ledger_entry where action = 'dataset.import'`,
  );
  expect(rows).toEqual([{ n: 1 }]);
  const look = async (who: typeof by) => {
    const wanted = { q: 'library', only: {}, sort: 'name', limit: 10 } as const;
    const { hits } = await catalog.search(door.authorize(who, 'explore'), wanted);
    return hits.map(({ hit }) => `${hit.name}: ${hit.shown}`);
  };
  expect(await look(by)).toEqual(['First library: both', 'Second library: both', 'Third library: both']);
  expect(await look(person('org_b'))).toEqual([
    'First library: both',
    'Second library: both',
    'Third library: card',
  ]);
  // Sent again, in other batches: nothing is made twice.
  const again = await catalog.importCards(by, { cards: [named('Fourth library'), ...cards.toReversed()] });
  expect(again.map(({ state }) => state)).toEqual(['imported', 'known', 'known', 'known']);
  expect(again[3]).toEqual({ ...made[0], state: 'known' });
});

test('a batch with a wrong card changes nothing, and every wrong card is named', async () => {
  const { catalog, database, person } = await catalogPlatform();
  const cards = [
    named('Good'),
    named('Bad', { 'ai_usability.ai_usage.training_use_status': 'Perhaps' }),
    'x: [',
  ];
  await expect(catalog.importCards(person('org_a'), { cards })).rejects.toMatchObject({
    failure: {
      code: 'invalid-input',
      problems: [{ field: 'cards.1.ai_usability.ai_usage.training_use_status' }, { field: 'cards.2' }],
    },
  });
  const { rows } = await database.orm.execute(sql`select 1 from dataset`);
  expect(rows).toEqual([]);
});

test('nobody imports cards that they could not import one by one', async () => {
  const { catalog, person } = await catalogPlatform();
  const cards = [named('Open'), named('Secret', asCui)];
  await expect(catalog.importCards(person('org_a', open), { cards })).rejects.toMatchObject({
    failure: { code: 'denied', decision: { rationaleCode: 'label-not-dominated' } },
  });
  await expect(
    catalog.importCards(person('org_a', open), { cards: cards.slice(0, 1), organisation: 'org_b' }),
  ).rejects.toMatchObject({ failure: { code: 'denied' } });
});
