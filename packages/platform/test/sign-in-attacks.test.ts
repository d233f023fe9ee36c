import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { decodeJwt, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser } from './cookie-jar.ts';
import { audience, clientSecret, robot, type SignInWorld, signInWorld } from './sign-in-world.ts';

let world: SignInWorld;
const secrets = new Set<string>();
beforeAll(async () => {
  world = await signInWorld();
});
afterAll(() => world.close());

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = (): number => Math.floor(Date.now() / 1000);
const callbackAt = (url: string): boolean => url.includes('/callback?');

/** Keys by which the confusion of RS256 with HS256 would be tried: the public key in its usual texts. */
const publicTexts = (): string[] => {
  const key = createPublicKey({ key: world.lab.publicKey as JsonWebKey, format: 'jwk' });
  return [
    key.export({ type: 'spki', format: 'pem' }).toString(),
    key.export({ type: 'pkcs1', format: 'pem' }).toString(),
    JSON.stringify(world.lab.publicKey),
    String(world.lab.publicKey['n']),
  ];
};

/** Every way in which a token can be wrong, made from the claims of a right one. */
async function wrongTokens(claims: JWTPayload, typ: string): Promise<[string, string][]> {
  const { sign } = world.lab;
  const header = { typ };
  const right = await sign(claims, header);
  const [head = '', body = '', signature = ''] = right.split('.');
  const mac = (key: string): string => {
    const signed = `${encode({ alg: 'HS256', kid: 'test-key', typ })}.${body}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  const strange = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const forged = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'test-key', typ })
    .sign(strange);
  return [
    ['forged signature', forged],
    ['signature of another token', `${head}.${encode({ ...claims, jti: 'x' })}.${signature}`],
    ['no signature', `${head}.${body}.`],
    ['alg none', `${encode({ alg: 'none', typ })}.${body}.`],
    ['alg none, mixed case', `${encode({ alg: 'nOnE', typ })}.${body}.`],
    ...publicTexts().map((key): [string, string] => ['HS256 with the public key', mac(key)]),
    ['HS256 with the client secret', mac(clientSecret)],
    ['unknown key', await sign(claims, { ...header, kid: 'another' })],
    ['expired', await sign({ ...claims, iat: now() - 700, exp: now() - 60 }, header)],
    ['not yet valid', await sign({ ...claims, nbf: now() + 600 }, header)],
    ['no expiry', await sign({ ...claims, exp: undefined } as unknown as JWTPayload, header)],
    ['wrong audience', await sign({ ...claims, aud: 'somebody else' }, header)],
    ['wrong issuer', await sign({ ...claims, iss: world.other.issuer }, header)],
    ['no subject', await sign({ ...claims, sub: undefined } as unknown as JWTPayload, header)],
  ];
}

test('every wrong ID token is refused, and nobody is signed in by it', async () => {
  let right: JWTPayload = {};
  world.lab.tamper.answer = (answer) => {
    right = decodeJwt(answer.id_token as string);
    return answer;
  };
  await world.signedIn('ada');
  const names = (await wrongTokens(right, 'JWT')).map(([name]) => name);
  expect(names.length).toBe(17);
  for (const [index, name] of names.entries()) {
    world.lab.tamper.answer = async (answer) => {
      const claims = decodeJwt(answer.id_token as string);
      const token = (await wrongTokens(claims, 'JWT'))[index]?.[1] as string;
      secrets.add(token);
      return { ...answer, id_token: token };
    };
    const browser = createBrowser();
    const page = await world.signIn(browser, 'ada');
    expect([401, 503], `${name}: ${page.text}`).toContain(page.status);
    expect(page.text, name).toContain('You are not signed in');
    expect(world.secretOf(browser), name).toBe('');
  }
  world.lab.tamper.answer = async (answer) => ({
    ...answer,
    id_token: await world.lab.sign(decodeJwt(answer.id_token as string)),
  });
  await world.signedIn('ada');
  world.lab.tamper.answer = undefined;
});

test('an ID token of an earlier sign-in is refused: its nonce is another', async () => {
  let earlier = '';
  world.lab.tamper.answer = (answer) => {
    earlier = answer.id_token as string;
    return answer;
  };
  await world.signedIn('ada');
  world.lab.tamper.answer = (answer) => ({ ...answer, id_token: earlier });
  const page = await world.signIn(createBrowser(), 'bob');
  expect(page.status, page.text).toBe(401);
  world.lab.tamper.answer = ({ id_token: _none, ...answer }) => answer;
  expect((await world.signIn(createBrowser(), 'bob')).text).toContain('You are not signed in');
  world.lab.tamper.answer = undefined;
});

/** A browser that has been at the provider, and the address that it would open next. */
async function stopped(login: string, provider = 'lab') {
  const browser = createBrowser();
  const { url } = await world.signIn(browser, login, { provider, stopAt: callbackAt });
  return { browser, url };
}

test('a callback works once, and only in the browser that began', async () => {
  const { browser, url } = await stopped('bob');
  const stranger = await createBrowser().visit(url);
  expect(stranger.status).toBe(401);
  expect(stranger.text).toContain('not begun in this browser');
  const other = createBrowser();
  await other.step(`${world.url}/v1/sign-in/lab`);
  expect((await other.visit(url)).status).toBe(401);
  const cookie = browser.jarOf(world.url).get('genesis-sign-in') as string;
  const [id, binding] = cookie.split('.');
  const forged = createBrowser();
  forged.jarOf(world.url).set('genesis-sign-in', `${id}.${binding}.${'A'.repeat(43)}`);
  expect((await forged.visit(url)).status).toBe(401);
  expect((await browser.visit(url)).status).toBe(200);
  browser.jarOf(world.url).set('genesis-sign-in', cookie);
  expect((await browser.visit(url)).status).toBe(401);
  for (const one of [browser, other]) for (const secret of one.secrets) secrets.add(secret);
});

test('a state of another sign-in, or none, is refused', async () => {
  const { browser, url } = await stopped('bob');
  for (const state of [undefined, 'x', new URL((await stopped('ada')).url).searchParams.get('state')]) {
    const changed = new URL(url);
    changed.searchParams.delete('state');
    if (typeof state === 'string') changed.searchParams.set('state', state);
    const attempt = createBrowser();
    const cookie = browser.jarOf(world.url).get('genesis-sign-in') as string;
    attempt.jarOf(world.url).set('genesis-sign-in', cookie);
    expect((await attempt.visit(changed.href)).status).toBe(401);
  }
  expect((await browser.visit(url)).status).toBe(200);
});

test('the code of another session is refused by its verifier', async () => {
  const [victim, attacker] = [await stopped('ada'), await stopped('bob')];
  const code = new URL(attacker.url).searchParams.get('code') as string;
  const injected = new URL(victim.url);
  injected.searchParams.set('code', code);
  const page = await victim.browser.visit(injected.href);
  expect(page.status).toBe(401);
  expect(page.text).toContain('invalid_grant');
  expect(world.secretOf(victim.browser)).toBe('');
});

test('an answer that was meant for another provider is refused', async () => {
  const atLab = await stopped('ada');
  const moved = atLab.url.replace('/sign-in/lab/', '/sign-in/other/');
  expect((await atLab.browser.visit(moved)).status).toBe(401);
  const again = await stopped('ada');
  const claimed = new URL(again.url);
  claimed.searchParams.set('iss', world.other.issuer);
  const page = await again.browser.visit(claimed.href);
  expect(page.status).toBe(401);
  expect(page.text).toContain('failed its check');
  const silent = await stopped('ada');
  const unnamed = new URL(silent.url);
  unnamed.searchParams.delete('iss');
  expect((await silent.browser.visit(unnamed.href)).status).toBe(401);
});

test('what the provider refuses is told without what it wrote', async () => {
  const { browser, url } = await stopped('ada');
  const refused = new URL(url);
  refused.searchParams.delete('code');
  refused.searchParams.set('error', 'access_denied');
  refused.searchParams.set('error_description', '<script>alert(1)</script>');
  const page = await browser.visit(refused.href);
  expect(page.status).toBe(401);
  expect(page.text).toContain('access_denied');
  expect(page.text).not.toContain('script>');
});

test('a session that somebody planted before the sign-in is not the one after it', async () => {
  const planted = world.secretOf(await world.signedIn('bob'));
  const browser = createBrowser();
  browser.jarOf(world.url).set('genesis-session', planted);
  expect((await world.signIn(browser, 'ada')).status).toBe(200);
  const fresh = world.secretOf(browser);
  expect(fresh).not.toBe(planted);
  expect((await world.call('GET', '/v1/me', { token: fresh })).json['id']).not.toBe(
    (await world.call('GET', '/v1/me', { token: planted })).json['id'],
  );
  const made = createBrowser();
  made.jarOf(world.url).set('genesis-session', `genesis_ses_${'0'.repeat(26)}_${'A'.repeat(43)}`);
  expect((await made.step(`${world.url}/v1/me`)).status).toBe(401);
});

test('a page of another site cannot act with the cookie', async () => {
  const browser = await world.signedIn('ada');
  const send = (origin: string | undefined, method: string, path: string) =>
    browser.step(world.url + path, { method, headers: origin === undefined ? {} : { origin } });
  for (const origin of [
    undefined,
    'null',
    'https://evil.example',
    `${world.url}.evil.example`,
    world.lab.issuer,
  ]) {
    const answer = await send(origin, 'POST', '/v1/sign-out');
    expect(answer.status, origin).toBe(401);
    expect(await answer.text()).toContain('does not come from a page of this platform');
    expect((await send(origin, 'DELETE', `/v1/sessions/ses_${'0'.repeat(26)}`)).status).toBe(401);
  }
  expect((await send(undefined, 'GET', '/v1/me')).status).toBe(200);
  expect((await send(world.url, 'POST', '/v1/sign-out')).status).toBe(200);
});

test('a return path leads nowhere but into this platform', async () => {
  for (const path of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/a\r\nset-cookie: x=y',
    'evil',
    '/%0d%0aset-cookie:x\u0000',
    ' /x',
  ]) {
    const answer = await world.call('GET', `/v1/sign-in/lab?return=${encodeURIComponent(path)}`);
    expect(answer.status, path).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
  }
  const browser = createBrowser();
  const page = await world.signIn(browser, 'ada', {
    query: `?return=${encodeURIComponent('/v1/me?x=1')}`,
    stopAt: (url) => url.includes('/v1/me'),
  });
  expect(page.url).toBe(`${world.url}/v1/me?x=1`);
});

const asService = (token: string) => world.call('GET', '/v1/me', { token });

test('a mapped service acts by its access token, and no other token of the provider does', async () => {
  const token = await world.lab.serviceToken(robot, audience);
  secrets.add(token);
  const me = await asService(token);
  expect(me.json).toMatchObject({ kind: 'service', clearance: { level: 'internal' } });
  expect((await asService(await world.lab.serviceToken(robot, audience))).json['id']).toBe(me.json['id']);
  const opaque = await world.lab.serviceToken(robot);
  expect(opaque.split('.').length).toBe(1);
  expect((await asService(opaque)).status).toBe(401);
  expect((await asService(await world.lab.serviceToken(robot, 'urn:another'))).status).toBe(401);
  expect((await asService(await world.lab.serviceToken(world.stranger, audience))).status).toBe(401);

  const claims = decodeJwt(token);
  expect((await asService(await world.lab.sign(claims, { typ: 'at+jwt' }))).status).toBe(200);
  for (const [name, wrong] of await wrongTokens(claims, 'at+jwt')) {
    secrets.add(wrong);
    const answer = await asService(wrong);
    expect(answer.status, name).toBe(401);
    expect(answer.text, name).not.toContain(wrong);
  }
  const { sign } = world.lab;
  expect((await asService(await sign(claims, { typ: 'JWT' }))).status).toBe(401);
  expect((await asService(await sign({ ...claims, sub: 'ada' }, { typ: 'at+jwt' }))).status).toBe(401);
  expect((await asService(await sign({ ...claims, client_id: 'genesis' }, { typ: 'at+jwt' }))).status).toBe(
    401,
  );
  expect((await asService(`${token}${'A'.repeat(9_000)}`)).status).toBe(401);
  expect((await asService(await sign({ ...claims, cnf: { jkt: 'x' } }, { typ: 'at+jwt' }))).status).toBe(401);
  expect((await asService('a.b.c')).status).toBe(401);

  await world.call('PUT', `/v1/principals/${String(me.json['id'])}/disabled`, {
    token: world.adminToken,
    body: { disabled: true },
  });
  expect((await asService(token)).status).toBe(401);
});

test('unknown keys make the platform ask for the keys at a bounded rate', async () => {
  const claims = decodeJwt(await world.lab.serviceToken(robot, audience));
  const before = world.lab.asked.get('/jwks') ?? 0;
  for (let one = 0; one < 20; one++) {
    const token = await world.lab.sign(claims, { typ: 'at+jwt', kid: `unknown-${one}` });
    expect((await asService(token)).status).toBe(401);
  }
  expect((world.lab.asked.get('/jwks') ?? 0) - before).toBeLessThanOrEqual(1);
});

test('no secret, code, cookie or token is in the log', () => {
  expect(secrets.size).toBeGreaterThan(30);
  const log = world.log();
  expect(log).toContain('"provider":"lab"');
  const leaked = [...secrets, clientSecret, robot.secret].filter(
    (secret) => secret.length > 8 && log.includes(secret),
  );
  expect(leaked).toEqual([]);
  expect(log).not.toMatch(/eyJ[A-Za-z0-9_-]{20}|genesis_(ses|tok)_[0-9a-z]{26}_/);
  expect(world.alive()).toBe(true);
});
