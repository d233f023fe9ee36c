import type { Label } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { campaignFacts, corePlatform, researcher } from '../../test/core-platform.ts';
import { resource } from './tables.ts';

const open: Label = { level: 'public', categories: [] };
const controlled: Label = { level: 'controlled', categories: ['cui'] };
let core: Awaited<ReturnType<typeof corePlatform>>;
beforeAll(async () => {
  core = await corePlatform();
});

const actions = async (): Promise<string[]> => {
  const { rows } = await core.database.orm.execute<{ said: string }>(
    sql`select action || ' ' || effect as said from ledger_entry order by inserted`,
  );
  return rows.map((row) => row.said);
};

const create = (id: string, label: Label, by = researcher(label)) =>
  core.door.perform(
    {
      principal: by,
      action: 'campaign.create',
      resource: { create: campaignFacts(id, label) },
      purpose: 'explore',
    },
    async () => ({ result: id, details: { made: id } }),
  );

test('a write and its entry are there together, or neither is', async () => {
  const before = (await actions()).length;
  await create('cmp_one', open);
  expect((await actions()).slice(before)).toEqual(['campaign.create allow']);
  const failing = core.door.perform(
    {
      principal: researcher(),
      action: 'campaign.create',
      resource: { create: campaignFacts('cmp_two', open) },
      purpose: 'explore',
    },
    async () => {
      throw new Error('the change failed');
    },
  );
  await expect(failing).rejects.toThrow('the change failed');
  expect((await actions()).length).toBe(before + 1);
  const rows = await core.database.orm.select().from(resource).where(sql`id = 'cmp_two'`);
  expect(rows).toEqual([]);
});

test('a denial changes nothing, is entered, and says what would be needed', async () => {
  const before = (await actions()).length;
  const stranger = { ...researcher(), id: 'prn_stranger', roles: [] };
  await expect(create('cmp_three', open, stranger)).rejects.toMatchObject({
    failure: {
      code: 'denied',
      decision: { effect: 'deny', needed: [expect.stringContaining('researcher')] },
    },
  });
  expect((await actions()).slice(before)).toEqual(['campaign.create deny']);
});

test('what one may not know of is answered like what does not exist, and the attempt is entered', async () => {
  await create('cmp_hidden', controlled);
  const before = (await actions()).length;
  const ask = async (id: string) =>
    await core.door.use(researcher(), 'campaign.read', id, 'explore').then(
      () => 'allowed',
      (error: { failure: unknown }) => JSON.stringify(error.failure),
    );
  const hidden = await ask('cmp_hidden');
  expect(hidden).toBe(await ask('cmp_never'));
  expect(hidden).toContain('not-found');
  // Also the attempt on nothing is entered, so that neither answer takes longer.
  expect((await actions()).slice(before)).toEqual(['campaign.read deny', 'campaign.read deny']);
});

test('a hidden source of a write is as unknown as a missing one', async () => {
  const ask = (source: string) =>
    core.door
      .perform(
        {
          principal: researcher(),
          action: 'campaign.create',
          resource: { create: campaignFacts('cmp_derived', open) },
          purpose: 'explore',
          sources: [source],
        },
        async () => ({ result: undefined, details: {} }),
      )
      .then(
        () => 'allowed',
        (error: { failure: unknown }) => JSON.stringify(error.failure),
      );
  expect(await ask('cmp_hidden')).toBe(await ask('cmp_never'));
});

test('uses of what is not public are entered, also when a list shows them; public ones are not', async () => {
  const cleared = researcher(controlled);
  const before = (await actions()).length;
  await core.door.use(cleared, 'campaign.read', 'cmp_hidden', 'explore');
  await core.door.use(cleared, 'campaign.read', 'cmp_one', 'explore');
  const scope = core.door.authorize(cleared, 'explore');
  const rows = await scope.orm.select().from(resource).where(scope.where);
  expect(rows.map((row) => row.id).sort()).toEqual(['cmp_hidden', 'cmp_one']);
  await core.door.noteUse(scope, 'campaign.read', [
    campaignFacts('cmp_hidden', controlled),
    campaignFacts('cmp_one', open),
  ]);
  expect((await actions()).slice(before)).toEqual(['campaign.read allow', 'campaign.read allow']);
  const { rows: used } = await core.database.orm.execute(
    sql`select object from ledger_edge where relation = 'used' and subject = ${cleared.id}`,
  );
  expect(used).toEqual([{ object: 'cmp_hidden' }]);
});

test('a scope shows nothing above the clearance, and foresight leaves no trace', async () => {
  const scope = core.door.authorize(researcher(), 'explore');
  const rows = await scope.orm.select().from(resource).where(scope.where);
  expect(rows.map((row) => row.id)).toEqual(['cmp_one']);
  const before = (await actions()).length;
  const request = {
    principal: researcher(),
    action: 'campaign.read',
    resource: 'cmp_hidden',
    purpose: 'explore',
  } as const;
  expect(await core.door.foresee(request)).toBeUndefined();
  expect((await core.door.foresee({ ...request, resource: 'cmp_one' }))?.decision.effect).toBe('allow');
  expect((await actions()).length).toBe(before);
});

test('with an idempotency key a write happens once and gives its first result', async () => {
  let acted = 0;
  const once = (hash: string) =>
    core.door.perform(
      {
        principal: researcher(),
        action: 'campaign.create',
        resource: { create: campaignFacts(`cmp_once${acted}`, open) },
        purpose: 'explore',
        idempotency: { principal: 'prn_public', key: 'k', hash },
      },
      async () => {
        acted += 1;
        return { result: { acted }, details: {} };
      },
    );
  const first = await once('a');
  const second = await once('a');
  expect(second.result).toEqual(first.result);
  expect(second.entry).toBe(first.entry);
  expect(acted).toBe(1);
  await expect(once('b')).rejects.toMatchObject({ failure: { code: 'idempotency-mismatch' } });
});
