import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, createBrowser, type Visit } from './cookie-jar.ts';
import { startIdentityProvider, type TestAccount, type TestClient } from './identity-provider.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const audience = 'urn:genesis:test';
export const robot: TestClient = { id: 'robot-7', secret: 'the secret of robot-7' };
const stranger: TestClient = { id: 'stranger', secret: 'the secret of a stranger' };
export const clientSecret = 'the secret of the platform at its provider';

export const people: TestAccount[] = [
  {
    login: 'ada',
    claims: {
      name: 'Ada L.',
      email: 'ada@partner.example',
      email_verified: true,
      groups: ['materials', 'stewards'],
    },
  },
  {
    login: 'bob',
    claims: { name: 'Bob', email: 'bob@partner.example', email_verified: true, groups: ['materials'] },
  },
  {
    login: 'eve',
    claims: { name: 'Eve', email: 'admin@partner.example', email_verified: false, groups: ['materials'] },
  },
  { login: 'nobody', claims: { name: 'Nobody', groups: ['others'] } },
  { login: 'both', claims: { name: 'Both', groups: ['materials', 'second'] } },
  { login: 'root', claims: { name: 'Root', groups: ['materials', 'platform-admins'] } },
  {
    login: 'grace',
    claims: { name: 'Grace', email: 'Grace@Partner.example', email_verified: true, groups: ['materials'] },
  },
];

export const mapping = [
  {
    when: { groups: 'materials' },
    organisation: 'home',
    roles: ['researcher'],
    clearance: { level: 'internal' },
  },
  {
    when: { groups: 'stewards' },
    roles: ['steward'],
    clearance: { level: 'controlled', categories: ['cui'] },
  },
  { when: { groups: 'second' }, organisation: 'Second' },
  { when: { groups: 'platform-admins' }, platformRoles: ['administrator'] },
];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A platform with two real identity providers, `lab` and `other`, that have the same people. */
export async function signInWorld(options: { sessions?: object; moreProviders?: object[] } = {}) {
  const folder = await temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const clientFor = (provider: string): TestClient => ({
    id: 'genesis',
    secret: clientSecret,
    redirectUris: [`${url}/v1/sign-in/${provider}/callback`],
  });
  const lab = await startIdentityProvider({ accounts: people, clients: [clientFor('lab'), robot, stranger] });
  const other = await startIdentityProvider({ accounts: people, clients: [clientFor('other')] });
  await writeFile(join(folder, 'client.secret'), `${clientSecret}\n`, { mode: 0o600 });
  const common = {
    clientId: 'genesis',
    clientSecretFile: 'client.secret',
    scopes: ['openid', 'profile', 'email', 'groups'],
    mapping,
  };
  const services = {
    audience,
    clients: [
      {
        clientId: robot.id,
        name: 'robot seven',
        organisation: 'home',
        roles: ['researcher'],
        clearance: { level: 'internal' },
      },
    ],
  };
  const file = join(folder, 'sign-in.json');
  const writeSettings = async (change: object = {}): Promise<void> =>
    await writeFile(
      file,
      JSON.stringify({
        ...(options.sessions === undefined ? {} : { sessions: options.sessions }),
        providers: [
          { name: 'lab', title: 'Laboratory', issuer: lab.issuer, ...common, services, ...change },
          { name: 'other', title: 'Other', issuer: other.issuer, ...common },
          ...(options.moreProviders ?? []),
        ],
      }),
    );
  await writeSettings();
  const dataFolder = join(folder, 'data');
  let log = '';
  /** A process of its own, at the most talkative level, so that all it logs can be looked at. */
  async function start() {
    const child = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../src/server.ts', import.meta.url)),
        ...['--data-folder', dataFolder, '--port', String(port), '--sign-in-file', file],
        ...['--log-level', 'debug', '--until-stdin-closes'],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    child.stderr.on('data', (part: Buffer) => (log += part.toString('utf8')));
    const ended = once(child, 'exit');
    const first = once(createInterface(child.stdout), 'line') as Promise<[string]>;
    const line = await Promise.race([first.then(([one]) => one), ended.then(() => undefined)]);
    if (line === undefined) throw new Error(`the platform did not start: ${log.slice(-2000)}`);
    return {
      tokenFile: (JSON.parse(line) as { tokenFile: string }).tokenFile,
      alive: () => child.exitCode === null,
      async close() {
        child.stdin.end();
        await ended;
      },
    };
  }
  let platform = await start();
  const adminToken = (await readFile(platform.tokenFile, 'utf8')).trim();

  const call = async (
    method: string,
    path: string,
    { token, body, headers }: { token?: string; body?: object; headers?: Record<string, string> } = {},
  ) => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: answer.status, text, json, headers: answer.headers };
  };

  /** All the way through the provider's pages; `stopAt` ends before an address is opened. */
  const signIn = async (
    browser: Browser,
    login: string,
    {
      provider = 'lab',
      query = '',
      stopAt,
    }: { provider?: string; query?: string; stopAt?: (url: string) => boolean } = {},
  ): Promise<Visit> => {
    const page = await browser.visit(`${url}/v1/sign-in/${provider}${query}`);
    if (page.status !== 200 || !page.text.includes('<form')) return page;
    return await browser.submit(page, { login }, stopAt);
  };
  const signedIn = async (login: string, provider = 'lab'): Promise<Browser> => {
    const browser = createBrowser();
    const page = await signIn(browser, login, { provider });
    if (!page.text.includes('You are signed in')) throw new Error(`${login} is not signed in: ${page.text}`);
    return browser;
  };
  /** The secret of the browser's session. */
  const secretOf = (browser: Browser): string => browser.jarOf(url).get('genesis-session') ?? '';

  return {
    url,
    lab,
    other,
    stranger,
    adminToken,
    call,
    signIn,
    signedIn,
    secretOf,
    dataFolder,
    log: () => log,
    alive: () => platform.alive(),
    /** Starts the platform again with another mapping of `lab`. */
    async restartWith(change: object): Promise<void> {
      await platform.close();
      await writeSettings(change);
      platform = await start();
    },
    async close(): Promise<void> {
      await platform.close();
      await lab.close();
      await other.close();
    },
  };
}
export type SignInWorld = Awaited<ReturnType<typeof signInWorld>>;
