import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { credentialsPath, resolveConnection, writeCredentials } from './connection.ts';

const home = mkdtempSync(join(tmpdir(), 'genesis-connection-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const env = { HOME: home };
const stored = { url: 'http://127.0.0.1:7471', token: 'stored' };

test('options win over the environment, and that over the file', async () => {
  await writeCredentials(credentialsPath(env)!, stored);
  expect(statSync(credentialsPath(env)!).mode & 0o777).toBe(0o600);
  expect(await resolveConnection({}, env)).toEqual(stored);
  const both = { ...env, GENESIS_URL: 'http://lab:1', GENESIS_TOKEN: 'environment' };
  expect(await resolveConnection({}, both)).toEqual({ url: 'http://lab:1', token: 'environment' });
  const given = { url: 'http://other:2', token: 'given' };
  expect(await resolveConnection(given, both)).toEqual(given);
});

test('a token of the file goes to no other address', async () => {
  await writeCredentials(credentialsPath(env)!, stored);
  expect(await resolveConnection({ url: 'http://evil.example' }, env)).toEqual({
    url: 'http://evil.example',
  });
  const named = { url: 'http://lab:1', credentials: credentialsPath(env)! };
  expect(await resolveConnection(named, env)).toEqual({ url: 'http://lab:1', token: 'stored' });
});

test('without a home folder the default address is used', async () => {
  expect(await resolveConnection({}, {})).toEqual({ url: 'http://127.0.0.1:7470' });
});

test('what is wrong with a file or an address is said', async () => {
  const broken = join(home, 'broken.json');
  writeFileSync(broken, 'oops');
  await expect(resolveConnection({ credentials: broken }, env)).rejects.toThrow('is not a credentials file');
  await expect(resolveConnection({ credentials: join(home, 'none') }, env)).rejects.toThrow('ENOENT');
  await expect(resolveConnection({ url: 'file:///etc/passwd' }, env)).rejects.toThrow('is not valid');
});
