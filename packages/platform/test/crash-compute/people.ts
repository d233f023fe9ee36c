import { call } from '../crash/client.ts';

export type Ask = <T>(method: string, path: string, body?: unknown, key?: string) => Promise<T>;

/** Requests of the holder of a token, to wherever the server is just now. */
export const asking =
  (server: { readonly url: string }, token: string): Ask =>
  (method, path, body, key) =>
    call(server.url, token, method, path, body, key);

export type Person = { id: string; token: string; ask: Ask };

/** Somebody with one role: an operator has it on the platform, everybody else in the home organisation. */
export async function makePerson(
  server: { readonly url: string },
  adminToken: string,
  role: 'researcher' | 'steward' | 'operator',
): Promise<Person> {
  const admin = asking(server, adminToken);
  const { organisation: home } = await admin<{ organisation: string }>('GET', '/v1/me');
  const person = { kind: 'person', name: role, organisation: home };
  const { id } = await admin<{ id: string }>('POST', '/v1/principals', person);
  const organisation = role === 'operator' ? 'platform' : home;
  await admin('POST', `/v1/principals/${id}/roles`, { organisation, role });
  const { secret } = await admin<{ secret: string }>('POST', `/v1/principals/${id}/tokens`, {
    ...{ name: 'crash test', scopes: ['*'] },
  });
  return { id, token: secret, ask: asking(server, secret) };
}
