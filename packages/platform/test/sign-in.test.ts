import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser } from './cookie-jar.ts';
import { type SignInWorld, signInWorld } from './sign-in-world.ts';

let world: SignInWorld;
let steward = '';
beforeAll(async () => {
  world = await signInWorld();
});
afterAll(() => world.close());

type Me = {
  id: string;
  kind: string;
  clearance: { level: string };
  roles: { role: string; organisation: string }[];
};
const meAs = async (token: string): Promise<Me> => {
  const { status, json } = await world.call('GET', '/v1/me', { token });
  expect(status).toBe(200);
  return json as Me;
};
const rolesOf = ({ roles }: Me): string[] => roles.map(({ role }) => role).sort();
const idOf = ({ json }: { json: Record<string, unknown> }): string => json['id'] as string;
const home = async (): Promise<string> =>
  ((await meAs(world.adminToken)) as Me & { organisation: string }).organisation;

async function localPerson(name: string, ...roles: string[]): Promise<string> {
  const token = world.adminToken;
  const organisation = await home();
  const id = idOf(
    await world.call('POST', '/v1/principals', { token, body: { kind: 'person', name, organisation } }),
  );
  for (const role of roles)
    await world.call('POST', `/v1/principals/${id}/roles`, { token, body: { organisation, role } });
  return id;
}

test('a person signs in with a browser and gets what the mapping says, and nothing else', async () => {
  const browser = createBrowser();
  const page = await world.signIn(browser, 'ada');
  expect(page.status, page.text).toBe(200);
  expect(page.text).toContain('<h1>You are signed in as Ada L.</h1>');
  expect(page.text).toContain('lang="en"');
  steward = world.secretOf(browser);
  const me = await (await browser.step(`${world.url}/v1/me`)).json();
  expect(me).toMatchObject({ kind: 'person', clearance: { level: 'controlled', categories: ['cui'] } });
  expect(rolesOf(me as Me)).toEqual(['researcher', 'steward']);
  const bob = await meAs(world.secretOf(await world.signedIn('bob')));
  expect(bob.clearance).toEqual({ level: 'internal', categories: [] });
  expect(rolesOf(bob)).toEqual(['researcher']);
  const again = await meAs(world.secretOf(await world.signedIn('bob')));
  expect(again.id).toBe(bob.id);
  const elsewhere = await meAs(world.secretOf(await world.signedIn('bob', 'other')));
  expect(elsewhere.id).not.toBe(bob.id);
});

test('the cookies are for this platform alone, and no script reads them', async () => {
  const browser = createBrowser();
  const begun = await browser.step(`${world.url}/v1/sign-in/lab`);
  const [cookie] = begun.headers.getSetCookie();
  expect(cookie).toMatch(/^genesis-sign-in=[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
  const location = new URL(begun.headers.get('location') as string);
  expect(location.origin).toBe(world.lab.issuer);
  expect(location.searchParams.get('code_challenge_method')).toBe('S256');
  const page = await world.signIn(browser, 'bob');
  const set = page.headers.getSetCookie().find((one) => one.startsWith('genesis-session='));
  expect(set).toMatch(/; Max-Age=43[0-9]{3}; Path=\/; HttpOnly; SameSite=Lax$/);
});

test('who belongs to no organisation, or to two, does not come in', async () => {
  for (const login of ['nobody', 'both']) {
    const browser = createBrowser();
    const page = await world.signIn(browser, login);
    expect(page.status).toBe(401);
    expect(page.text).toContain(login === 'both' ? 'several organisations' : 'no organisation');
    expect(world.secretOf(browser)).toBe('');
  }
});

test('an administrator of the platform is mapped only where the file says so', async () => {
  const root = await meAs(world.secretOf(await world.signedIn('root')));
  expect(root.roles).toContainEqual(
    expect.objectContaining({ role: 'administrator', organisation: 'platform' }),
  );
});

test("one sees and ends one's own sessions; nobody else's are there", async () => {
  const [first, second] = [await world.signedIn('grace'), await world.signedIn('grace')];
  const list = async (token: string) =>
    (await world.call('GET', '/v1/sessions', { token })).json['sessions'] as {
      id: string;
      current: boolean;
    }[];
  const [mine, theirs] = [world.secretOf(first), world.secretOf(second)];
  const sessions = await list(mine);
  expect(sessions.map(({ current }) => current)).toEqual([false, true]);
  const stranger = world.secretOf(await world.signedIn('bob'));
  const hidden = await world.call('DELETE', `/v1/sessions/${sessions[0]?.id}`, { token: stranger });
  const missing = await world.call('DELETE', `/v1/sessions/ses_${'0'.repeat(26)}`, { token: stranger });
  const plain = (text: string) => text.replaceAll(/ses_[0-9a-z]{26}|"requestId":"[^"]*"/g, '');
  expect([hidden.status, plain(hidden.text)]).toEqual([missing.status, plain(missing.text)]);
  expect((await world.call('DELETE', `/v1/sessions/${sessions[0]?.id}`, { token: mine })).status).toBe(200);
  expect((await world.call('GET', '/v1/me', { token: theirs })).status).toBe(401);
  expect((await list(mine)).length).toBe(1);
  const byAdmin = await world.call('DELETE', `/v1/sessions/${sessions[1]?.id}`, { token: world.adminToken });
  expect(byAdmin.status).toBe(200);
  expect((await world.call('GET', '/v1/me', { token: mine })).status).toBe(401);
});

test('signing out ends the session and says where to end it at the provider', async () => {
  const browser = await world.signedIn('bob');
  const token = world.secretOf(browser);
  const origin = { origin: world.url };
  const out = await browser.step(`${world.url}/v1/sign-out`, { method: 'POST', headers: origin });
  expect(out.status).toBe(200);
  expect(((await out.json()) as { providerSignOut: string }).providerSignOut).toContain(
    `${world.lab.issuer}/session/end`,
  );
  expect(world.secretOf(browser)).toBe('');
  expect((await world.call('GET', '/v1/me', { token })).status).toBe(401);
  expect((await world.call('POST', '/v1/sign-out', { token: world.adminToken })).status).toBe(409);
});

test('a disabled principal keeps no session, and gets none back', async () => {
  const browser = await world.signedIn('grace');
  const token = world.secretOf(browser);
  const { id } = await meAs(token);
  const disable = (disabled: boolean) =>
    world.call('PUT', `/v1/principals/${id}/disabled`, { token: world.adminToken, body: { disabled } });
  expect((await disable(true)).status).toBe(200);
  expect((await world.call('GET', '/v1/me', { token })).status).toBe(401);
  const refused = await world.signIn(createBrowser(), 'grace');
  expect(refused.status).toBe(401);
  expect(refused.text).toContain('disabled');
  expect((await disable(false)).status).toBe(200);
  expect((await world.call('GET', '/v1/me', { token })).status).toBe(401);
  await world.signedIn('grace');
});

test('an existing person is linked by a verified e-mail, once, and by a steward with the clearance', async () => {
  const first = await world.signedIn('grace');
  const { id } = await meAs(world.secretOf(first));
  await world.call('DELETE', `/v1/principals/${id}/account`, { token: world.adminToken });
  expect((await world.call('GET', '/v1/me', { token: world.secretOf(first) })).status).toBe(401);
  const local = await localPerson('grace before', 'auditor');
  const body = { provider: 'lab', email: 'grace@partner.example' };
  const named = await world.call('POST', `/v1/principals/${local}/account-links`, { token: steward, body });
  expect(named.status, named.text).toBe(201);
  const facts = await meAs(world.secretOf(await world.signedIn('grace')));
  expect(facts.id).toBe(local);
  expect(rolesOf(facts)).toEqual(['auditor', 'researcher']);
  expect(facts.clearance.level).toBe('internal');
});

test("a link that an administrator names carries no clearance and no steward's power", async () => {
  const known = await meAs(world.secretOf(await world.signedIn('bob')));
  await world.call('DELETE', `/v1/principals/${known.id}/account`, { token: world.adminToken });
  const local = await localPerson('a steward', 'steward');
  const body = { provider: 'lab', subject: 'bob' };
  const token = world.adminToken;
  expect((await world.call('POST', `/v1/principals/${local}/account-links`, { token, body })).status).toBe(
    201,
  );
  const facts = await meAs(world.secretOf(await world.signedIn('bob')));
  expect(facts.id).toBe(local);
  expect(rolesOf(facts)).toEqual(['researcher']);
  expect(facts.clearance.level).toBe('public');
});

test('nobody is linked by an unverified e-mail or by a name', async () => {
  const local = await localPerson('Eve', 'steward');
  const body = { provider: 'lab', email: 'admin@partner.example' };
  expect(
    (await world.call('POST', `/v1/principals/${local}/account-links`, { token: steward, body })).status,
  ).toBe(201);
  const page = await world.signIn(createBrowser(), 'eve');
  expect(page.text).toMatch(/You are signed in as Eve \([0-9a-z]{8}\)/);
  const eve = await meAs(world.secretOf(await world.signedIn('eve')));
  expect(eve.id).not.toBe(local);
  expect(rolesOf(eve)).toEqual(['researcher']);
});

test('what a steward says of somebody lowers what the provider says, and never raises it', async () => {
  const ada = await world.signedIn('root');
  const { id } = await meAs(world.secretOf(ada));
  const clear = (clearance: object) =>
    world.call('PUT', `/v1/principals/${id}/clearance`, { token: steward, body: { clearance } });
  const level = async () => (await meAs(world.secretOf(ada))).clearance.level;
  expect(await level()).toBe('internal');
  expect((await clear({ level: 'classified' })).status).toBe(200);
  expect(await level()).toBe('internal');
  await clear({ level: 'public' });
  expect(await level()).toBe('public');
});

test('nobody but the sign-in applies a mapping or begins a session', async () => {
  for (const action of ['account.map', 'session.create']) {
    const body = { action, resource: 'platform', purpose: null };
    const told = await world.call('POST', '/v1/policy/explain', { token: world.adminToken, body });
    expect(told.text).toContain('Denied');
  }
});

test('local tokens work as before', async () => {
  expect((await meAs(world.adminToken)).kind).toBe('person');
});

test('what the provider no longer says is taken away at the next sign-in', async () => {
  const before = await meAs(steward);
  expect(rolesOf(before)).toEqual(['researcher', 'steward']);
  await world.restartWith({
    mapping: [{ when: { groups: 'materials' }, organisation: 'home', roles: ['auditor'] }],
  });
  const after = await meAs(world.secretOf(await world.signedIn('ada')));
  expect(after.id).toBe(before.id);
  expect(rolesOf(after)).toEqual(['auditor']);
  expect(after.clearance.level).toBe('public');
  expect(rolesOf(await meAs(steward))).toEqual(['auditor']);
  await world.restartWith({ mapping: [{ when: 'everyone', organisation: 'elsewhere' }] });
  const gone = await world.signIn(createBrowser(), 'ada');
  expect(gone.text).toContain('which is no organisation here yet');
  await world.restartWith({ mapping: [{ when: { groups: 'none of them' }, organisation: 'home' }] });
  expect((await world.signIn(createBrowser(), 'ada')).status).toBe(401);
  expect((await world.call('GET', '/v1/me', { token: steward })).status).toBe(401);
});
