import type { Label, Role } from '@genesis/contracts';
import { call, send } from './client.ts';
import { type Actor, isReader } from './oracle.ts';
import type { Server } from './server.ts';

export type Cast = { orgA: string; orgB: string; owner: Actor; rival: Actor; actors: Actor[] };

type Wanted = {
  name: string;
  kind?: Actor['kind'];
  home: string;
  clearance?: Label;
  roles?: { organisation: string; role: Role; expiresAt?: string }[];
  scopes?: string[];
  /** Whose token issues theirs: the administrator's gives no clearance. */
  vouched?: boolean;
};

const yesterday = (): string => new Date(Date.now() - 86_400_000).toISOString();
export const everything: Label = { level: 'classified', categories: ['cui', 'export:itar', 'pii'] };

/** Two organisations with people of mixed clearance, agents, and people who hold nothing but a token. */
export async function makeCast(server: Server, tag: string, clearances: readonly Label[]): Promise<Cast> {
  const { url, admin } = server;
  const make = <T>(token: string, method: string, path: string, body: unknown) =>
    call<T>(url, token, { method, path, body });
  const organisation = async (name: string) =>
    (await make<{ id: string }>(admin, 'POST', '/v1/organisations', { name: `${name} ${tag}` })).id;
  const orgA = await organisation('A');
  const orgB = await organisation('B');
  const stewards = new Map<string, string>();

  async function actor(wanted: Wanted): Promise<Actor> {
    const { name, kind = 'person', home, clearance = { level: 'public', categories: [] } } = wanted;
    const { roles = [], scopes = ['*'], vouched = true } = wanted;
    const { id } = await make<{ id: string }>(admin, 'POST', '/v1/principals', {
      kind,
      name: `${name} ${tag}`,
      organisation: home,
    });
    for (const role of roles) await make(admin, 'POST', `/v1/principals/${id}/roles`, role);
    const steward = stewards.get(home) ?? admin;
    if (clearance.level !== 'public' || clearance.categories.length > 0)
      await make(steward, 'PUT', `/v1/principals/${id}/clearance`, { clearance });
    const issuer = vouched ? steward : admin;
    const { secret } = await make<{ secret: string }>(issuer, 'POST', `/v1/principals/${id}/tokens`, {
      name: 'test',
      scopes,
    });
    const alive = roles.filter(({ expiresAt }) => expiresAt === undefined);
    const where = (fits: (role: Role) => boolean) =>
      alive.filter(({ role }) => fits(role)).map((one) => one.organisation);
    return {
      name,
      id,
      kind,
      token: secret,
      clearance: vouched ? clearance : { level: 'public', categories: [] },
      readsIn: where(isReader),
      worksIn: where((role) => role === 'researcher'),
      scopes,
    };
  }

  for (const home of [orgA, orgB]) {
    const steward = await actor({
      name: `clerk of ${home}`,
      home,
      roles: [{ organisation: home, role: 'steward' }],
    });
    stewards.set(home, steward.token);
  }
  const researcher = (organisation: string) => [{ organisation, role: 'researcher' as const }];
  const owner = await actor({
    name: 'owner',
    home: orgA,
    clearance: everything,
    roles: [
      ...researcher(orgA),
      { organisation: orgA, role: 'steward' },
      { organisation: orgA, role: 'operator' },
    ],
  });
  const rival = await actor({ name: 'rival', home: orgB, clearance: everything, roles: researcher(orgB) });
  const [first, second, third, fourth, fifth] = clearances as [Label, Label, Label, Label, Label];
  const rest = [
    await actor({ name: 'low researcher', home: orgA, clearance: first, roles: researcher(orgA) }),
    await actor({ name: 'middle researcher', home: orgA, clearance: second, roles: researcher(orgA) }),
    await actor({
      name: 'auditor',
      home: orgA,
      clearance: third,
      roles: [{ organisation: orgA, role: 'auditor' }],
    }),
    await actor({
      name: 'steward',
      home: orgA,
      clearance: fourth,
      roles: [{ organisation: orgA, role: 'steward' }],
    }),
    await actor({ name: 'agent', kind: 'agent', home: orgA, clearance: fifth, roles: researcher(orgA) }),
    await actor({ name: 'cleared without a role', home: orgA, clearance: everything }),
    await actor({
      name: 'cleared, role expired',
      home: orgA,
      clearance: everything,
      roles: [{ organisation: orgA, role: 'researcher', expiresAt: yesterday() }],
    }),
    await actor({
      name: 'guest of both',
      home: orgB,
      clearance: second,
      roles: [...researcher(orgA), ...researcher(orgB)],
    }),
    await actor({
      name: 'narrow token',
      home: orgA,
      clearance: everything,
      roles: researcher(orgA),
      scopes: ['dataset.*', 'campaign.read'],
    }),
    await actor({
      name: 'token of the administrator',
      home: orgA,
      clearance: everything,
      roles: researcher(orgA),
      vouched: false,
    }),
  ];
  const borrowed = await call<{ secret: string }>(url, admin, {
    method: 'POST',
    path: `/v1/principals/${owner.id}/tokens`,
    body: { name: 'made by the administrator' },
  });
  const posing: Actor = {
    ...owner,
    name: 'the owner, by a token of the administrator',
    token: borrowed.secret,
    clearance: { level: 'public', categories: [] },
  };
  const [revoked, expired] = [
    await deadToken(server, owner, 'revoked'),
    await deadToken(server, owner, 'expired'),
  ];
  return {
    orgA,
    orgB,
    owner,
    rival,
    actors: [owner, rival, ...rest, posing, revoked, expired, administrator(admin)],
  };
}

const administrator = (token: string): Actor => ({
  name: 'administrator of the platform',
  id: '-',
  kind: 'person',
  token,
  clearance: { level: 'public', categories: [] },
  readsIn: [],
  worksIn: [],
  scopes: ['*'],
});

/** A token of somebody cleared that works no more: its bearer is nobody. */
async function deadToken(server: Server, of: Actor, how: 'revoked' | 'expired'): Promise<Actor> {
  const path = `/v1/principals/${of.id}/tokens`;
  const made = await call<{ id: string; secret: string }>(server.url, of.token, {
    method: 'POST',
    path,
    body: { name: 'short-lived' },
  });
  if (how === 'revoked') await send(server.url, of.token, { method: 'DELETE', path: `${path}/${made.id}` });
  // Tokens live for a day at least: the clock of this one is put forward.
  else await server.query('update token set expires_at = $2 where id = $1', [made.id, Date.now() - 1]);
  return {
    ...administrator(made.secret),
    name: `${how} token`,
    // It sees nothing at all, not even what is public.
    scopes: [],
  };
}
