import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBrowser } from './cookie-jar.ts';
import { mapping, type SignInWorld, signInWorld } from './sign-in-world.ts';

const servers: Server[] = [];
const timers: NodeJS.Timeout[] = [];

async function serve(answer: (issuer: string) => RequestListener): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', answer(issuer));
  servers.push(server);
  return issuer;
}

const send =
  (text: string, type = 'application/json', status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(text);
  };

/** Writes without an end, as fast as it is read. */
const endless: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  };
  response.on('drain', more);
  more();
};

/** One byte after the other, for ever. */
const trickle: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  timers.push(setInterval(() => response.write(' '), 200));
};

const metadata = (issuer: string, change: object = {}) => ({
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  ...change,
});

/** Right about itself; `token` is what its token endpoint does. */
const rightUntil =
  (token: RequestListener) =>
  (issuer: string): RequestListener =>
  (request, response) => {
    if (request.url?.startsWith('/token') === true) token(request, response);
    else send(JSON.stringify(metadata(issuer)))(request, response);
  };

const atDiscovery: Record<string, (issuer: string) => RequestListener> = {
  html: () => send('<html>hello</html>', 'text/html'),
  'broken-json': () => send('{"issuer":'),
  array: () => send('[1,2,3]'),
  error: () => send('{"error":"down"}', 'application/json', 500),
  'another-issuer': () => send(JSON.stringify(metadata('https://evil.example'))),
  'issuer-spelt-otherwise': (issuer) => send(JSON.stringify(metadata(issuer, { issuer: `${issuer}/` }))),
  'no-endpoints': (issuer) => send(JSON.stringify({ issuer })),
  'plain-http': (issuer) =>
    send(JSON.stringify(metadata(issuer, { token_endpoint: 'http://192.0.2.1/token' }))),
  redirect: (issuer) => (request, response) => {
    if (request.url === '/moved') send(JSON.stringify(metadata(issuer)))(request, response);
    else response.writeHead(302, { location: `${issuer}/moved` }).end();
  },
  endless: () => endless,
  trickle: () => trickle,
  silent: () => () => undefined,
};
const atToken: Record<string, RequestListener> = {
  'token-html': send('<html>secret-of-the-provider</html>', 'text/html'),
  'token-empty': send('{}'),
  'token-garbage': send('{"access_token":"secret-of-the-provider","token_type":"bearer","id_token":"a.b.c"}'),
  'token-error': send(
    '{"error":"server_error","error_description":"secret-of-the-provider"}',
    'application/json',
    503,
  ),
  'token-endless': endless,
  'token-trickle': trickle,
};

let world: SignInWorld;
beforeAll(async () => {
  const moreProviders: object[] = [];
  const add = (name: string, issuer: string) =>
    moreProviders.push({ name, title: `The ${name} one`, issuer, clientId: 'genesis', mapping });
  add('nobody-there', 'http://127.0.0.1:1');
  for (const [name, answer] of Object.entries(atDiscovery)) add(name, await serve(answer));
  for (const [name, token] of Object.entries(atToken)) add(name, await serve(rightUntil(token)));
  world = await signInWorld({ moreProviders });
});
afterAll(async () => {
  for (const timer of timers) clearInterval(timer);
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await world.close();
});

/** Milliseconds within which any answer must be there: the limit for a provider is five seconds. */
const mostMs = 8_000;

test.each(['nobody-there', ...Object.keys(atDiscovery)].filter((name) => name !== 'plain-http'))(
  'a provider that answers discovery with %s gives a clear error in time',
  async (name) => {
    const began = performance.now();
    const answer = await world.call('GET', `/v1/sign-in/${name}`);
    expect(performance.now() - began).toBeLessThan(mostMs);
    expect([401, 503], answer.text).toContain(answer.status);
    expect(answer.text).toContain(`The ${name} one`);
    if (name === 'endless') expect(answer.text).toContain('larger than 262144 bytes');
    expect(answer.headers.get('location')).toBeNull();
    const device = await world.call('POST', `/v1/sign-in/${name}/device`);
    expect([401, 503], device.text).toContain(device.status);
  },
);

test.each([...Object.keys(atToken), 'plain-http'])(
  'a provider that answers with %s when a code is redeemed gives a clear error in time',
  async (name) => {
    const browser = createBrowser();
    const begun = await browser.step(`${world.url}/v1/sign-in/${name}`);
    expect(begun.status, await begun.clone().text()).toBe(303);
    const state = new URL(begun.headers.get('location') as string).searchParams.get('state');
    const began = performance.now();
    const page = await browser.visit(`${world.url}/v1/sign-in/${name}/callback?code=x&state=${state}`);
    expect(performance.now() - began).toBeLessThan(mostMs);
    expect([401, 503], page.text).toContain(page.status);
    expect(page.text).toContain('You are not signed in');
    if (name === 'token-endless') expect(page.text).toContain('larger than 262144 bytes');
    expect(page.text).not.toContain('secret-of-the-provider');
    expect(world.secretOf(browser)).toBe('');
  },
);

test('the platform lives on, others sign in, and the log holds nothing of the answers', async () => {
  expect(world.alive()).toBe(true);
  await world.signedIn('ada');
  expect(world.log()).toContain('does not work just now');
  expect(world.log()).not.toContain('secret-of-the-provider');
});
