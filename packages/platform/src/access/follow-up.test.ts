import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { accessPlatform, day } from '../../test/access-platform.ts';
import { platformFacts } from '../door/index.ts';
import { joinConditions, unrestricted } from '../policy/index.ts';
import { listDisclosures, openDisclosure } from './agreements/disclosures.ts';
import { listNotices } from './requests/notices.ts';
import { listReminders, remind } from './requests/reminders.ts';

type World = Awaited<ReturnType<typeof accessPlatform>>;
const failure = (code: string, says?: RegExp) =>
  expect.objectContaining({
    failure: expect.objectContaining({ code, ...(says && { message: expect.stringMatching(says) }) }),
  });
const granted = async (world: World, dataset: string, more: object = {}) => {
  const { id } = await world.ask(dataset, more);
  const steward = await world.as(world.who.steward);
  return (await world.access.decide(steward, id, { approve: true, reason: 'Fits.' })).grant!;
};
const partsOf = (world: World) => ({
  ...{ door: world.door, database: world.database, directory: world.base, blobs: world.blobs },
  ...{ queue: world.queue, clock: world.clock, ids: world.ids, crash: { reach: () => undefined } },
  ...{ projectsOf: world.access.projectsOf, namesOf: async () => new Map(), templatesFolder: undefined },
});

test('an end that comes near is told once to each, whatever happens between telling and the next look', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, clock, database, dataset, door, who } = world;
  const wanted = await dataset();
  const agreement = await agreed({
    datasets: [wanted],
    endsAt: new Date(clock.now().getTime() + 40 * day).toISOString(),
  });
  const grant = await granted(world, wanted);
  const parts = partsOf(world);
  expect(await remind(parts)).toBe(0);
  clock.advance(17 * day);
  // Two processes look at once, and one of them dies before it can say that it is done: the next look tells nothing twice.
  const told = await Promise.all([remind(parts), remind(parts)]);
  expect(told[0]! + told[1]!).toBe(3);
  expect(await remind(parts)).toBe(0);
  const notices = async (by: string) =>
    (await listNotices(door.authorize(await as(by), null), access.projectsOf, 50))
      .filter(({ text }) => /ends at/.test(text))
      .map(({ about }) => about);
  expect(await notices(who.guest)).toEqual([grant]);
  expect(await notices(who.steward)).toEqual([agreement]);
  expect(await notices(who.firmSteward)).toEqual([agreement]);
  expect(await notices(who.outsider)).toEqual([]);
  // A new end is told anew.
  await access.renew(await as(who.steward), grant, { days: 16, reason: 'A little more.' });
  clock.advance(3 * day);
  expect(await remind(parts)).toBe(1);
  expect(await notices(who.guest)).toEqual([grant, grant]);
  const { rows } = await database.orm.execute(
    sql`select count(*)::int as n from ledger_entry where action = 'access.remind'`,
  );
  expect(rows[0]!['n']).toBeGreaterThanOrEqual(2);
});

test('the queue tells by itself, and a job that runs again tells nothing twice', async () => {
  const world = await accessPlatform();
  const { access, clock, database, dataset } = world;
  await granted(world, await dataset());
  clock.advance(20 * day);
  await access.start();
  const count = async () => {
    const { rows } = await database.orm.execute<{ told: number; next: number }>(sql`
      select (select count(*)::int from notice where text like 'Access to % ends at%') as told,
        (select count(*)::int from pgboss.job where name = 'access-reminders' and singleton_key = 'next') as next`);
    return rows[0]!;
  };
  await expect.poll(count, { timeout: 30_000 }).toEqual({ told: 1, next: 1 });
  await database.orm.execute(sql`update pgboss.job set start_after = now() where name = 'access-reminders'`);
  await expect
    .poll(
      async () =>
        (
          await database.orm.execute(
            sql`select 1 from pgboss.job where name = 'access-reminders' and state = 'completed'`,
          )
        ).rows.length,
      { timeout: 30_000 },
    )
    .toBe(2);
  expect((await count()).told).toBe(1);
});

test('reminders list what ends, what is due and what waits, for whom it concerns', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, ask, clock, dataset, door, who } = world;
  const [wanted, other] = [await dataset(), await dataset()];
  await agreed({ datasets: [wanted], endsAt: new Date(clock.now().getTime() + 20 * day).toISOString() });
  await granted(world, wanted);
  await ask(other);
  const kinds = async (by: string, days: number) =>
    (
      await listReminders(
        door.authorize(await as(by), null),
        ...([access.projectsOf, clock.now().getTime(), days] as const),
      )
    ).map(({ kind }) => kind);
  expect(await kinds(who.guest, 10)).toEqual([]);
  expect(await kinds(who.guest, 30)).toEqual(['grant']);
  expect(await kinds(who.steward, 30)).toEqual(['agreement', 'grant', 'request']);
  expect(await kinds(who.firmSteward, 30)).toEqual(['agreement']);
  expect(await kinds(who.outsider, 365)).toEqual([]);
});

test('a supported hypothesis under an agreement that demands it opens one disclosure, due by its days', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, clock, door, firm, ids, who } = world;
  const demanding = await agreed({ inventions: { disclosure: true, withinDays: 60, owner: firm } });
  const silent = await agreed();
  const found = { hypothesis: ids.next('hypothesis'), campaign: ids.next('campaign') };
  const open = async () =>
    (
      await door.perform(
        {
          ...{ principal: await as(who.steward), action: 'access.form', purpose: null },
          resource: { about: { ...platformFacts, organisation: world.lab } },
        },
        async (tx) => ({
          result: await openDisclosure(tx, world, { ...found, agreements: [demanding, silent] }),
          details: {},
        }),
      )
    ).result;
  const opened = await open();
  expect(opened).toHaveLength(1);
  expect(await open()).toEqual([]);
  const seen = async (by: string) =>
    await listDisclosures(door.authorize(await as(by), null), { open: true });
  for (const by of [who.steward, who.auditor, who.firmSteward])
    expect(await seen(by)).toMatchObject([
      { ...found, agreement: demanding, owner: firm, dueAt: clock.now().getTime() + 60 * day },
    ]);
  for (const by of [who.guest, who.member, who.outsider]) expect(await seen(by)).toEqual([]);
  const close = async (by: string) => await access.closeDisclosure(await as(by), opened[0]!, 'Filed.');
  await expect(close(who.auditor)).rejects.toEqual(failure('denied'));
  await expect(close(who.outsider)).rejects.toEqual(failure('not-found'));
  await close(who.firmSteward);
  await expect(close(who.steward)).rejects.toEqual(failure('conflict', /closed already/));
  expect(await seen(who.steward)).toEqual([]);
});

test('what rests on an agreement: covered, bound by it, or made under a grant; only what the caller may see', async () => {
  const world = await accessPlatform();
  const { access, agreed, as, dataset, door, ids, lab, who } = world;
  const wanted = await dataset();
  const agreement = await agreed({ datasets: [wanted], purposes: ['train', 'publish'] });
  const grant = await granted(world, wanted, { purposes: ['train', 'publish'] });
  const made = async (by: string, kind: 'model' | 'campaign', categories: string[] = []) => {
    const id = ids.next(kind);
    const label = { level: 'internal' as const, categories };
    const principal = await as(by);
    await door.perform(
      {
        principal: { ...principal, clearance: { level: 'internal', categories } },
        action: kind === 'model' ? 'model.create' : 'campaign.create',
        resource: {
          create: {
            ...{ kind, id, organisation: lab, label },
            conditions: joinConditions(unrestricted, { ...unrestricted, origins: [wanted] }),
          },
        },
        purpose: 'train',
        sources: [wanted],
      },
      async () => ({ result: undefined, details: {} }),
    );
    return id;
  };
  const model = await made(who.guest, 'model');
  const campaign = await made(who.guest, 'campaign');
  const secret = await made(who.guest, 'model', ['cui']);
  const own = await made(who.member, 'model');
  const { entry } = await door.perform(
    {
      ...{ principal: await as(who.guest), action: 'campaign.export', purpose: 'publish' },
      ...{ resource: campaign, destination: { level: 'internal', categories: [] } },
    },
    async () => ({ result: undefined, details: {} }),
  );
  const seen = async (by: string) => await access.impact(await as(by), agreement);
  const impact = await seen(who.steward);
  expect(impact.affected.map(({ kind, id, how }) => [kind, id, how])).toEqual([
    ['dataset', wanted, 'covered'],
    ['model', model, 'bound'],
    ['campaign', campaign, 'bound'],
    ['crate', entry, 'bound'],
    ...impact.affected.filter(({ kind }) => kind === 'card').map(({ id }) => ['card', id, 'covered']),
  ]);
  const ids_ = impact.affected.map(({ id }) => id);
  expect(ids_).not.toContain(secret);
  expect(ids_).not.toContain(own);
  expect(impact).toMatchObject({
    complete: true,
    closes: [{ grant, dataset: wanted, holders: [who.guest] }],
    covered: [who.guest],
    openDisclosures: 0,
  });
  // The other party's steward learns what is closed for whom, and sees none of the data.
  expect(await seen(who.firmSteward)).toMatchObject({ affected: [], closes: [{ grant }] });
  await expect(seen(who.guest)).rejects.toEqual(failure('denied'));
  await expect(seen(who.outsider)).rejects.toEqual(failure('not-found'));
  await access.change(await as(who.steward), agreement, { act: 'terminate', reason: 'Over.' });
  expect((await seen(who.steward)).affected.map(({ id }) => id)).toEqual(ids_);
  // What the agreement binds is closed to whoever made it, and the reason is said.
  await expect(door.use(await as(who.guest), 'model.read', model, 'explore')).rejects.toEqual(
    failure('denied', /agreement-in-force/),
  );
});
