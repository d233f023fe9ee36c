import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { corePlatform } from '../../../test/core-platform.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { bootstrap } from '../bootstrap.ts';
import { createDirectory } from '../directory.ts';
import { session } from '../tables.ts';
import { createAccounts } from './accounts.ts';
import type { Gift } from './mapping.ts';
import { createSessions } from './sessions.ts';
import type { ProviderSettings } from './settings.ts';

const minute = 60_000;
const day = 86_400_000;
const settings = { title: 'Lab', trustDays: 30 } as ProviderSettings;
const identity = (subject: string) => ({
  ...{ issuer: 'https://lab.example', subject, kind: 'person' as const, name: subject },
  verifiedEmail: undefined,
});
const gift: Gift = {
  organisation: 'home',
  roles: ['researcher'],
  platformRoles: [],
  clearance: { level: 'internal', categories: [] },
};

async function start() {
  const core = await corePlatform();
  const folder = await temporaryFolder();
  await bootstrap(core, { dataFolder: folder, organisationName: 'home' });
  const directory = createDirectory(core.database, core.clock);
  const limits = { idleMinutes: 60, absoluteHours: 12 };
  const sessions = createSessions({ ...core, directory, limits });
  return { ...core, folder, sessions, directory, accounts: createAccounts(core) };
}
let world: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  world = await start();
});

async function begin(subject: string) {
  const account = await world.accounts.enter(settings, identity(subject), gift);
  return { account, ...(await world.sessions.begin(account, 'browser', 'test\u0007 agent')) };
}

test('a session ends when it is not used for an hour, and after twelve hours whatever happens', async () => {
  const { sessions, clock } = world;
  const { secret } = await begin('idle');
  for (let hours = 0; hours < 11; hours++) {
    clock.advance(59 * minute);
    expect(await sessions.authenticate(secret)).toMatchObject({ tokenScopes: ['*'] });
  }
  const other = await begin('left');
  clock.advance(60 * minute);
  expect(await sessions.authenticate(other.secret)).toBeUndefined();
  const used = await begin('used');
  for (let hours = 0; hours < 12; hours++) {
    clock.advance(59 * minute);
    expect(await sessions.authenticate(used.secret)).toBeDefined();
  }
  clock.advance(12 * minute);
  expect(await sessions.authenticate(used.secret)).toBeUndefined();
});

test('only a hash of the secret is stored, and another secret under a known id is refused', async () => {
  const { sessions, database } = world;
  const { secret, id } = await begin('hashed');
  const rows = await database.orm.select().from(session);
  const random = secret.slice(-43);
  expect(JSON.stringify(rows)).not.toContain(random);
  expect(rows.find((row) => row.id === id)?.agent).toBe('test agent');
  const wrong = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`;
  for (const presented of [wrong, secret.replace('ses_', 'tok_'), `${secret} `, '', 'x'])
    expect(await sessions.authenticate(presented)).toBeUndefined();
  expect(await readFile(`${world.folder}/admin.token`, 'utf8')).toMatch(/^genesis_tok_/);
});

test('what a provider gave counts for thirty days without another sign-in, and then no longer', async () => {
  const { directory, clock, accounts } = world;
  const { account } = await begin('lapsing');
  clock.advance(29 * day);
  expect((await directory.load(account.principal))?.clearance.level).toBe('internal');
  clock.advance(2 * day);
  const lapsed = await directory.load(account.principal);
  expect(lapsed?.clearance.level).toBe('public');
  expect(
    lapsed?.roles.every(({ expiresAt }) => expiresAt !== undefined && expiresAt < clock.now().getTime()),
  ).toBe(true);
  await accounts.enter(settings, identity('lapsing'), gift);
  expect((await directory.load(account.principal))?.clearance.level).toBe('internal');
});

test('sign-ins of one new person at the same time make one account', async () => {
  const all = await Promise.all(
    Array.from({ length: 8 }, () => world.accounts.enter(settings, identity('twin'), gift)),
  );
  expect(new Set(all.map(({ principal }) => principal)).size).toBe(1);
});

test('an unchanged mapping leaves no entry for every request of a service', async () => {
  const { accounts, database, clock } = world;
  const count = async () =>
    (await database.orm.execute('select count(*)::int as n from ledger_entry')).rows[0] as { n: number };
  await accounts.enter(settings, identity('often'), gift);
  const before = await count();
  for (let one = 0; one < 5; one++) await accounts.enter(settings, identity('often'), gift);
  expect(await count()).toEqual(before);
  clock.advance(61 * minute);
  await accounts.enter(settings, identity('often'), gift);
  expect((await count()).n).toBe(before.n + 1);
});

test('who no longer belongs anywhere loses rights and sessions, and is entered as such once', async () => {
  const { accounts, directory, sessions, database } = world;
  const { account, secret } = await begin('leaving');
  expect(await sessions.authenticate(secret)).toBeDefined();
  await accounts.leave(identity('leaving'));
  expect(await sessions.authenticate(secret)).toBeUndefined();
  expect(await directory.load(account.principal)).toMatchObject({
    roles: [],
    clearance: { level: 'public' },
  });
  const entries = async () => (await database.orm.execute('select id from ledger_entry')).rows.length;
  const before = await entries();
  await accounts.leave(identity('leaving'));
  await accounts.leave(identity('never here'));
  expect(await entries()).toBe(before);
  await accounts.enter(settings, identity('leaving'), gift);
  expect((await directory.load(account.principal))?.roles.map(({ role }) => role)).toEqual(['researcher']);
});
