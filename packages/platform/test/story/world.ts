import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type BrowserContext, type Browser as Chromium, chromium } from 'playwright-core';
import { loadConfig } from '../../src/kernel/index.ts';
import { startPlatform } from '../../src/main.ts';
import { startIdentityProvider, type TestIdentityProvider } from '../identity-provider.ts';
import { call } from '../noninterference/client.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);

const clearance = { level: 'controlled', categories: ['proprietary'] };
const inGroup = (groups: string, organisation: string, roles: readonly string[]) => ({
  when: { groups },
  organisation,
  roles,
  clearance,
});
export const firmName = 'Partner Firm';
const mapping = [
  inGroup('lab-stewards', 'home', ['steward']),
  inGroup('lab-counsel', 'home', ['steward']),
  inGroup('firm-research', firmName, ['researcher']),
  inGroup('firm-counsel', firmName, ['steward']),
];
const accounts = [
  ['steward', 'lab-stewards'],
  ['lab-counsel', 'lab-counsel'],
  ['rita', 'firm-research'],
  ['firm-counsel', 'firm-counsel'],
].map(([login, group]) => ({ login: login!, claims: { name: `${login} of the story`, groups: [group] } }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

type Answer<T> = { status: number; json: T; text: string };

/** Somebody in a browser, signed in: what they do over HTTP carries the cookie of that browser. */
export type Somebody = {
  id: string;
  organisation: string;
  context: BrowserContext;
  /** Any answer. */
  send<T>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  /** The body of an answer that is a success. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Bytes of an import. */
  upload(path: string, content: Buffer): Promise<void>;
};

export type StoryWorld = {
  url: string;
  signIn(login: string): Promise<Somebody>;
  close(): Promise<void>;
};

/** A platform process, an identity provider and a real browser. */
export async function storyWorld(): Promise<StoryWorld> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const secret = 'the secret of the platform at its provider';
  const provider: TestIdentityProvider = await startIdentityProvider({
    accounts,
    clients: [{ id: 'genesis', secret, redirectUris: [`${url}/v1/sign-in/lab/callback`] }],
  });
  await writeFile(join(folder, 'secret'), secret, { mode: 0o600 });
  const file = join(folder, 'sign-in.json');
  const settings = {
    providers: [
      {
        ...{ name: 'lab', title: 'The laboratory', issuer: provider.issuer, clientId: 'genesis' },
        ...{ clientSecretFile: 'secret', scopes: ['openid', 'profile', 'groups'], mapping },
      },
    ],
  };
  await writeFile(file, JSON.stringify(settings));
  const { config } = await loadConfig({
    env: {},
    flags: {
      ...{ dataFolder: join(folder, 'data'), port, logLevel: process.env['GENESIS_TEST_LOG'] ?? 'silent' },
      ...{ reserveBytes: 0, allowUnsandboxed: true, signInFile: file },
    },
    workingFolder: folder,
  });
  const server = await startPlatform(config);
  const admin = (await readFile(server.admin.tokenFile, 'utf8')).trim();
  await call(url, admin, {
    method: 'POST',
    path: '/v1/organisations',
    body: { name: firmName, kind: 'firm' },
  });
  const browser: Chromium = await chromium.launch({
    executablePath: chromiumPath!,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });

  return {
    url,
    async signIn(login) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${url}/v1/sign-in/lab`);
      await page.getByLabel('Login').fill(login);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('You are signed in').first().waitFor();
      const send = async <T>(method: string, path: string, body?: unknown): Promise<Answer<T>> => {
        const answer = await context.request.fetch(url + path, {
          method,
          headers: { origin: url },
          ...(body === undefined ? {} : { data: body }),
        });
        const bytes = await answer.body();
        // Bytes one to one: a crate is read as it is.
        const text = bytes.toString('latin1');
        const isJson = answer.headers()['content-type']?.includes('json') === true;
        return {
          status: answer.status(),
          text,
          json: (isJson ? JSON.parse(bytes.toString('utf8')) : {}) as T,
        };
      };
      const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
        const { status, json, text } = await send<T>(method, path, body);
        if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
        return json;
      };
      const me = await ask<{ id: string; organisation: string }>('GET', '/v1/me');
      return {
        ...me,
        context,
        send,
        ask,
        upload: async (path, content) => {
          const answer = await context.request.put(url + path, {
            headers: { origin: url, 'content-type': 'application/octet-stream' },
            data: content,
          });
          if (!answer.ok()) throw new Error(`PUT ${path}: ${answer.status()} ${await answer.text()}`);
        },
      };
    },
    async close() {
      await browser.close();
      await server.close();
      await provider.close();
    },
  };
}
