import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser } from './cookie-jar.ts';
import { type SignInWorld, signInWorld } from './sign-in-world.ts';

let world: SignInWorld;
beforeAll(async () => {
  world = await signInWorld();
});
afterAll(() => world.close());

test('a person signs in with a browser and gets what the mapping says, and nothing else', async () => {
  const browser = createBrowser();
  const page = await world.signIn(browser, 'ada');
  expect(page.status, page.text).toBe(200);
  expect(page.text).toContain('<h1>You are signed in as Ada L.</h1>');
  const me = await (await browser.step(`${world.url}/v1/me`)).json();
  expect(me).toMatchObject({ kind: 'person', clearance: { level: 'controlled', categories: ['cui'] } });
  expect((me as { roles: { role: string }[] }).roles.map(({ role }) => role).sort()).toEqual([
    'researcher',
    'steward',
  ]);
});
