import { beforeAll, expect, test } from 'vitest';
import { campaignFacts, corePlatform, home, researcher } from '../../test/core-platform.ts';
import {
  actUnder,
  delegate,
  delegationLives,
  type PrincipalDirectory,
  revokeDelegation,
} from './delegation.ts';
import type { WriteTx } from './tx.ts';

let core: Awaited<ReturnType<typeof corePlatform>>;
let clearance: 'public' | 'internal' = 'internal';
const directory: PrincipalDirectory = {
  load: async (id) =>
    id === 'prn_internal'
      ? {
          id,
          kind: 'person',
          organisation: home,
          clearance: { level: clearance, categories: [] },
          roles: [{ organisation: home, role: 'researcher' }],
        }
      : undefined,
};
const wanted = {
  purpose: 'explore',
  actions: ['campaign.read', 'campaign.record'],
  resources: ['cmp_a'],
  lifetimeMs: 60_000,
} as const;

beforeAll(async () => {
  core = await corePlatform();
});

async function made(principal = researcher({ level: 'internal', categories: [] })): Promise<string> {
  const { result } = await core.door.perform(
    {
      principal,
      action: 'campaign.create',
      resource: { create: campaignFacts(core.ids.next('campaign'), { level: 'public', categories: [] }) },
      purpose: 'explore',
    },
    async (tx) => ({ result: await delegate(tx, core, principal, wanted), details: {} }),
  );
  return result;
}
const inTransaction = <T>(act: (tx: WriteTx) => Promise<T>): Promise<T> =>
  core.database.transaction((tx) => act(tx as WriteTx));

test('a worker has what the principal has now, confined to the delegation', async () => {
  const id = await made();
  const worker = await actUnder(core.database, directory, id);
  expect(worker.delegation).toMatchObject({ id, purpose: 'explore', resources: ['cmp_a'], revoked: false });
  expect(worker.clearance.level).toBe('internal');
  clearance = 'public';
  expect((await actUnder(core.database, directory, id)).clearance.level).toBe('public');
  clearance = 'internal';
});

test('a delegation ends by expiry and by revocation, each at the next effect', async () => {
  const id = await made();
  await inTransaction(async (tx) => expect(await delegationLives(tx, core, id)).toBe(true));
  core.clock.advance(60_001);
  await inTransaction(async (tx) => expect(await delegationLives(tx, core, id)).toBe(false));
  const other = await made();
  await inTransaction(async (tx) => expect(await revokeDelegation(tx, core, other)).toBe('prn_internal'));
  const worker = await actUnder(core.database, directory, other);
  expect(worker.delegation?.revoked).toBe(true);
  await expect(core.door.use(worker, 'campaign.read', 'cmp_a', 'explore')).rejects.toThrow();
});

test('delegated authority cannot be handed on, and an uncleared token gives an uncleared worker', async () => {
  const worker = await actUnder(core.database, directory, await made());
  await expect(inTransaction((tx) => delegate(tx, core, worker, wanted))).rejects.toThrow(
    'cannot be handed on',
  );
  const uncleared = await made({ ...researcher({ level: 'internal', categories: [] }), uncleared: true });
  expect((await actUnder(core.database, directory, uncleared)).clearance.level).toBe('public');
  await expect(actUnder(core.database, directory, 'dlg_none')).rejects.toThrow('no longer valid');
});
