import { chmod, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { placeCredentials } from '../../../../test/iri-facility.ts';
import { temporaryFolder } from '../../../../test/temporary-folder.ts';
import { createTokenSource } from './credentials.ts';

type Grant = { status?: number; body: unknown; before?: () => Promise<void> };
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});
async function authority(grants: Grant[]) {
  const asked: { form: URLSearchParams; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => {
      body += data.toString();
    });
    request.on('end', () => {
      asked.push({ form: new URLSearchParams(body), authorization: request.headers.authorization });
      const grant = grants.length > 1 ? grants.shift() : grants[0];
      response.writeHead(grant?.status ?? 200).end(JSON.stringify(grant?.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, asked };
}
const bearer = (token: string, more = {}) => ({
  body: { access_token: token, token_type: 'Bearer', expires_in: 3_600, ...more },
});

test('a fixed token is used as it is, and read anew when it was refused', async () => {
  const keys = await temporaryFolder();
  const source = createTokenSource(await placeCredentials(keys, { token: 'one' }));
  expect(await source.current()).toBe('one');
  expect(await source.instead('one')).toBeNull();
  await placeCredentials(keys, { token: 'two' });
  expect(await source.instead('one')).toBe('two');
  expect(await source.current()).toBe('two');
});

test('a file that others can read, or of another form, is refused without its content', async () => {
  const keys = await temporaryFolder();
  const file = await placeCredentials(keys, { token: 'one' });
  await chmod(file, 0o640);
  await expect(createTokenSource(file).current()).rejects.toThrow(/can be read by others.*0600/);
  await placeCredentials(keys, { secret: 'hush' });
  await chmod(file, 0o600);
  const wrong = await createTokenSource(file).current().catch(String);
  expect(wrong).toMatch(/neither \{"token"\}/);
  expect(wrong).not.toMatch(/hush/);
});

test('a token by client credentials is asked for once by all that wait, and again before it ends', async () => {
  const { tokenUrl, asked } = await authority([bearer('one', { expires_in: 1 }), bearer('two')]);
  const keys = await temporaryFolder();
  const what = { tokenUrl, clientId: 'platform', clientSecret: 'hush', scope: 'jobs files' };
  const source = createTokenSource(await placeCredentials(keys, what));
  expect(await Promise.all([source.current(), source.current()])).toEqual(['one', 'one']);
  expect(asked).toHaveLength(1);
  expect(Object.fromEntries(asked[0]!.form)).toEqual({
    grant_type: 'client_credentials',
    scope: 'jobs files',
  });
  expect(asked[0]!.authorization).toBe(`Basic ${Buffer.from('platform:hush').toString('base64')}`);
  await new Promise((resolve) => setTimeout(resolve, 950));
  expect(await source.current()).toBe('two');
  // whoever was refused with the old one gets the new one, without another question
  expect(await source.instead('one')).toBe('two');
  expect(asked).toHaveLength(2);
});

test('a refresh token that is replaced is on disk before its access token is used', async () => {
  const { tokenUrl, asked } = await authority([
    bearer('one', { refresh_token: 'r2' }),
    bearer('two', { refresh_token: 'r3' }),
  ]);
  const keys = await temporaryFolder();
  const file = await placeCredentials(keys, { tokenUrl, clientId: 'platform', refreshToken: 'r1' });
  const source = createTokenSource(file);
  expect(await source.current()).toBe('one');
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    tokenUrl,
    clientId: 'platform',
    refreshToken: 'r2',
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  // the same platform after a restart
  expect(await createTokenSource(file).current()).toBe('two');
  expect(asked.map(({ form }) => form.get('refresh_token'))).toEqual(['r1', 'r2']);
  expect(asked[0]!.form.get('client_id')).toBe('platform');
  expect(asked[0]!.authorization).toBeUndefined();
});

test('a refusal is told by its code and by nothing else', async () => {
  const { tokenUrl } = await authority([
    { status: 400, body: { error: 'invalid_grant', error_description: 'r1 is used up' } },
  ]);
  const keys = await temporaryFolder();
  const file = await placeCredentials(keys, { tokenUrl, clientId: 'platform', refreshToken: 'r1' });
  const told = await createTokenSource(file).current().catch(String);
  expect(told).toMatch(/refused the credentials \(invalid_grant\)/);
  expect(told).not.toMatch(/r1/);
  const away = await authority([{ status: 503, body: {} }, bearer('one')]);
  const other = await placeCredentials(keys, { tokenUrl: away.tokenUrl, clientId: 'platform' });
  const source = createTokenSource(other);
  await expect(source.current()).rejects.toMatchObject({ transient: true });
  expect(await source.current()).toBe('one');
});
