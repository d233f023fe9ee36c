import { readFile, stat } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { corePlatform } from '../../test/core-platform.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { createAdministration } from './administer.ts';
import { createTokenAuthenticator } from './authenticate.ts';
import { bootstrap } from './bootstrap.ts';
import { createDirectory } from './directory.ts';
import { parseToken } from './token.ts';

async function start() {
  const core = await corePlatform();
  const folder = await temporaryFolder();
  const options = { dataFolder: folder, organisationName: 'home' };
  const first = await bootstrap(core, options);
  const directory = createDirectory(core.database);
  const authenticator = createTokenAuthenticator(core.database, directory, core.clock);
  const administration = createAdministration({ ...core, directory });
  const as = async (secret: string): Promise<PrincipalFacts> => {
    const facts = await authenticator.authenticate(secret);
    if (facts === undefined) throw new Error('not authenticated');
    return facts;
  };
  const admin = await as((await readFile(first.tokenFile, 'utf8')).trim());
  return { ...core, options, first, authenticator, administration, as, admin };
}
let world: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  world = await start();
});
const token = { name: 't', scopes: ['*'], days: 1 };

async function member(name: string, ...roles: ('researcher' | 'steward')[]) {
  const { administration, admin } = world;
  const { organisation } = admin;
  const { id } = await administration.createPrincipal(admin, { kind: 'person', name, organisation });
  for (const role of roles) await administration.grantRole(admin, id, { organisation, role });
  return id;
}

test('the first start makes one administrator without clearance, and a token file that only its owner reads', async () => {
  const { first, admin, options } = world;
  expect(first.created).toBe(true);
  expect((await stat(first.tokenFile)).mode & 0o777).toBe(0o600);
  expect(admin.clearance).toEqual({ level: 'public', categories: [] });
  expect((await bootstrap(world, options)).created).toBe(false);
});

test('a token that an administrator issues carries no clearance; one that a steward issues does', async () => {
  const { administration, admin, as } = world;
  const steward = await member('steward', 'steward');
  const person = await member('person', 'researcher');
  const stewardFacts = await as((await administration.createToken(admin, steward, token)).secret);
  await administration.clear(stewardFacts, person, admin.organisation, { level: 'internal', categories: [] });
  const fromAdmin = await as((await administration.createToken(admin, person, token)).secret);
  expect(fromAdmin.clearance.level).toBe('public');
  const fromSteward = await as((await administration.createToken(stewardFacts, person, token)).secret);
  expect(fromSteward.clearance.level).toBe('internal');
  const ownFromUncleared = await as((await administration.createToken(fromAdmin, person, token)).secret);
  expect(ownFromUncleared.clearance.level).toBe('public');
});

test('an administrator cannot make a steward to clear somebody: a second one needs a token from the first', async () => {
  const { administration, admin, as } = world;
  const second = await member('second steward', 'steward');
  const facts = await as((await administration.createToken(admin, second, token)).secret);
  expect(facts.roles.some(({ role }) => role === 'steward')).toBe(false);
  const own = await as((await administration.createToken(facts, second, token)).secret);
  expect(own.roles.some(({ role }) => role === 'steward')).toBe(false);
  const puppet = await member('puppet', 'researcher');
  const clear = administration.clear(facts, puppet, admin.organisation, {
    level: 'classified',
    categories: [],
  });
  await expect(clear).rejects.toMatchObject({ failure: { code: 'denied' } });
});

test('a second token for the first steward founds nothing', async () => {
  const { administration, admin, as } = world;
  const { id } = await administration.createOrganisation(admin, { name: 'another', kind: 'firm' });
  const first = await administration.createPrincipal(admin, {
    kind: 'person',
    name: 'founder',
    organisation: id,
  });
  await administration.grantRole(admin, first.id, { organisation: id, role: 'steward' });
  const isSteward = async (secret: string) => (await as(secret)).roles.some(({ role }) => role === 'steward');
  const founding = await administration.createToken(admin, first.id, token);
  expect(await isSteward(founding.secret)).toBe(true);
  const spare = await administration.createToken(await as(founding.secret), first.id, token);
  expect(await isSteward(spare.secret)).toBe(true);
  expect(await isSteward((await administration.createToken(admin, first.id, token)).secret)).toBe(false);
});

test('nobody clears themselves, and an administrator clears nobody', async () => {
  const { administration, admin, as } = world;
  const steward = await member('selfish', 'steward');
  const facts = await as((await administration.createToken(admin, steward, token)).secret);
  const high = { level: 'controlled', categories: [] } as const;
  const clear = (by: PrincipalFacts, who: string) =>
    administration.clear(by, who, admin.organisation, { ...high, categories: [] });
  await expect(clear(facts, steward)).rejects.toMatchObject({ failure: { code: 'denied' } });
  await expect(clear(admin, steward)).rejects.toMatchObject({ failure: { code: 'denied' } });
});

test('a token ends by expiry and by revocation, and never makes a stronger one', async () => {
  const { administration, admin, as, authenticator, clock } = world;
  const person = await member('narrow', 'researcher');
  const made = await administration.createToken(admin, person, {
    ...token,
    scopes: ['token.*', 'dataset.read'],
  });
  const facts = await as(made.secret);
  await expect(administration.createToken(facts, person, token)).rejects.toThrow('more than your own token');
  await administration.createToken(facts, person, { ...token, scopes: ['dataset.read'] });
  await administration.revokeToken(facts, person, made.id);
  expect(await authenticator.authenticate(made.secret)).toBeUndefined();
  const short = await administration.createToken(admin, person, token);
  clock.advance(86_400_001);
  expect(await authenticator.authenticate(short.secret)).toBeUndefined();
});

test('what has not the shape of a token, or another secret under a known id, is refused alike', async () => {
  const { administration, admin, authenticator } = world;
  const person = await member('known', 'researcher');
  const { secret } = await administration.createToken(admin, person, token);
  for (const wrong of [
    '',
    'x',
    `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`,
    `${secret} `,
    secret.toUpperCase(),
  ]) {
    expect(await authenticator.authenticate(wrong)).toBeUndefined();
  }
  expect(parseToken(secret)?.id).toMatch(/^tok_/);
});

test('names are unique, and unknown organisations and people are told', async () => {
  const { administration, admin } = world;
  await member('twice', 'researcher');
  await expect(member('twice')).rejects.toMatchObject({ failure: { code: 'conflict' } });
  const nowhere = { kind: 'person' as const, name: 'nobody', organisation: 'org_nowhere' };
  await expect(administration.createPrincipal(admin, nowhere)).rejects.toThrow('organisation');
});
