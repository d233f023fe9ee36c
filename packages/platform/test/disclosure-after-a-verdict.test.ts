import { beforeAll, expect, test } from 'vitest';
import {
  asking,
  explored,
  freeze,
  imported,
  opened,
  type Person,
  person,
  replaying,
  table,
  trained,
} from './campaign-world.ts';
import { call } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';

type Disclosure = { id: string; hypothesis: string; campaign: string; agreement: string; dueAt: string };
let server: Server;
let steward: Person;
let owner: Person;
let agreement: string;
let campaign: string;

beforeAll(async () => {
  server = await startServer();
  const admin = asking(server, { id: '', token: server.admin });
  steward = await person(server, 'steward', { roles: ['steward'] });
  const cleared = { by: steward, clearance: { level: 'internal', categories: [] } };
  owner = await person(server, 'owner', { cleared });
  const signs = await person(server, 'director', { roles: [], cleared });
  const { organisation: home } = await admin<{ organisation: string }>('GET', '/v1/me');
  const firm = (await admin<{ id: string }>('POST', '/v1/organisations', { name: 'Firm', kind: 'firm' })).id;
  const make = async (name: string, role?: string, by = server.admin) => {
    const wanted = { kind: 'person', name, organisation: firm };
    const { id } = await admin<{ id: string }>('POST', '/v1/principals', wanted);
    if (role !== undefined) await admin('POST', `/v1/principals/${id}/roles`, { organisation: firm, role });
    const body = { name };
    const path = `/v1/principals/${id}/tokens`;
    const { secret } = await call<{ secret: string }>(server.url, by, { method: 'POST', path, body });
    return { id, token: secret };
  };
  const theirs = await make('steward of the firm', 'steward');
  const president = await make('president', undefined, theirs.token);
  const made = await asking(server, steward)<{ id: string; sha256: string }>('POST', '/v1/agreements', {
    ...{ title: 'Alloys', type: 'crada', text: '# Alloys' },
    terms: {
      parties: [
        { organisation: home, representative: signs.id, everybody: true },
        { organisation: firm, representative: president.id },
      ],
      purposes: ['explore', 'train', 'infer', 'evaluate', 'publish'],
      derived: { owner: firm },
      intellectualProperty: 'Each keeps its own.',
      inventions: { disclosure: true, withinDays: 60, owner: firm },
      startsAt: '2026-01-01T00:00:00Z',
      endsAt: '2099-01-01T00:00:00Z',
    },
  });
  agreement = made.id;
  await asking(server, steward)('POST', `/v1/agreements/${agreement}/review`);
  for (const by of [signs, president])
    await asking(server, by)('POST', `/v1/agreements/${agreement}/signatures`, {
      version: 1,
      sha256: made.sha256,
    });
  const conditions = { agreements: [agreement] };
  const cut = await imported(server, owner, table(), { label: { level: 'internal' }, conditions });
  campaign = await explored(asking(server, owner), { ...replaying(cut), seed: 'disclosed', budget: 12 });
  await trained(asking(server, owner), campaign);
});

test('a supported hypothesis opens one disclosure, in the transaction of its verdict', async () => {
  const ask = asking(server, owner);
  const { id } = await freeze(ask, campaign, { confidence: 0.6 });
  const { verdict } = await opened(ask, id);
  expect(verdict?.outcome).toBe('supported');
  const list = async (by: Person) =>
    (await asking(server, by)<{ items: Disclosure[] }>('GET', '/v1/disclosures?open=true')).items;
  const before = Date.now();
  const [one, ...others] = await list(steward);
  expect(one).toMatchObject({ hypothesis: id, campaign, agreement });
  expect(others).toEqual([]);
  const days = (Date.parse(one!.dueAt) - before) / 86_400_000;
  expect(days).toBeGreaterThan(59.9);
  expect(days).toBeLessThanOrEqual(60);
  expect(await list(owner)).toEqual([]);
  const entries = await server.query<{ n: number }>(
    `select count(*)::int as n from ledger_entry where action = 'hypothesis.conclude' and effect = 'allow'`,
  );
  expect(entries[0]?.n).toBe(1);
  await asking(server, steward)('POST', `/v1/disclosures/${one!.id}/close`, { note: 'Filed.' });
  expect(await list(steward)).toEqual([]);
});

test('the model and the campaign rest on the agreement, and end with it', async () => {
  // A steward without a clearance for the data is told of none of it.
  const second = await person(server, 'second steward', {
    roles: ['steward'],
    cleared: { by: steward, clearance: { level: 'internal', categories: [] } },
  });
  type Impact = { affected: { kind: string; id: string; how: string; name: string | null }[] };
  const impact = (by: Person) => asking(server, by)<Impact>('GET', `/v1/agreements/${agreement}/impact`);
  expect((await impact(steward)).affected).toEqual([]);
  const { affected } = await impact(second);
  expect(new Set(affected.map(({ how }) => how))).toEqual(new Set(['bound']));
  for (const kind of ['dataset', 'version', 'split', 'model', 'campaign'])
    expect(affected.map((one) => one.kind)).toContain(kind);
  expect(affected.find(({ kind }) => kind === 'campaign')).toMatchObject({ id: campaign, name: 'Test' });
  await asking(server, second)('POST', `/v1/agreements/${agreement}/terminate`, { reason: 'Over.' });
  await expect(asking(server, owner)('GET', `/v1/campaigns/${campaign}`)).rejects.toThrow();
  expect((await impact(second)).affected).toEqual(affected);
});
