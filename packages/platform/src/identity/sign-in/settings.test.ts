import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { readSignInSettings } from './settings.ts';

let folder = '';
const provider = {
  name: 'lab',
  title: 'Laboratory',
  issuer: 'https://login.lab.example',
  clientId: 'genesis',
  clientSecretFile: 'client.secret',
};
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'client.secret'), 'hush-hush\n', { mode: 0o600 });
});

async function read(settings: unknown) {
  const path = join(folder, 'sign-in.json');
  await writeFile(path, typeof settings === 'string' ? settings : JSON.stringify(settings));
  return await readSignInSettings(path);
}

test('the secret comes from its file, beside the settings', async () => {
  const { providers, sessions } = await read({ providers: [provider] });
  expect(providers[0]).toMatchObject({ clientSecret: 'hush-hush', trustDays: 30, mapping: [] });
  expect(sessions).toEqual({ idleMinutes: 60, absoluteHours: 12 });
});

const services = {
  audience: 'genesis',
  clients: [{ clientId: 'robot', name: 'robot', organisation: 'home' }],
};
test.each([
  ['what is no JSON', '{', /not JSON/],
  ['an unknown field', { providers: [{ ...provider, secret: 'x' }] }, /providers\.0: .*secret/],
  ['no provider', { providers: [] }, /providers/],
  [
    'an issuer without TLS',
    { providers: [{ ...provider, issuer: 'http://login.lab.example' }] },
    /issuer: expected an https/,
  ],
  [
    'an issuer that looks local',
    { providers: [{ ...provider, issuer: 'http://127.0.0.1.evil.example' }] },
    /issuer/,
  ],
  [
    'an issuer with a password',
    { providers: [{ ...provider, issuer: 'https://a:b@lab.example' }] },
    /issuer/,
  ],
  ['no openid', { providers: [{ ...provider, scopes: ['email'] }] }, /openid/],
  [
    'an unknown role',
    { providers: [{ ...provider, mapping: [{ when: 'everyone', roles: ['root'] }] }] },
    /roles/,
  ],
  ['a rule without conditions', { providers: [{ ...provider, mapping: [{ when: {} }] }] }, /when/],
  [
    'two of one name',
    { providers: [provider, { ...provider, issuer: 'https://b.example' }] },
    /a name of its own/,
  ],
  ['two of one issuer', { providers: [provider, { ...provider, name: 'b' }] }, /an issuer of its own/],
  ['the audience of ID tokens', { providers: [{ ...provider, services }] }, /audience/],
  ['a public address with a path', { publicUrl: 'https://x.example/g', providers: [provider] }, /publicUrl/],
  ['a public address without TLS', { publicUrl: 'http://x.example', providers: [provider] }, /publicUrl/],
  ['a missing secret', { providers: [{ ...provider, clientSecretFile: 'none' }] }, /ENOENT/],
])('%s is refused with what is allowed', async (_what, settings, says) => {
  await expect(read(settings)).rejects.toThrow(says);
});

test('a secret that others can read is refused, and not told', async () => {
  await writeFile(join(folder, 'open.secret'), 'hush-hush\n');
  await chmod(join(folder, 'open.secret'), 0o644);
  const refusal = read({ providers: [{ ...provider, clientSecretFile: 'open.secret' }] });
  await expect(refusal).rejects.toThrow('chmod 600');
  await expect(refusal).rejects.not.toThrow('hush');
});
