import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { ask, importBytes } from './bad-input-world.ts';
import { call } from './noninterference/client.ts';
import { type Server, startServer } from './noninterference/server.ts';

type Person = { id: string; token: string };
const internal = { level: 'internal', categories: [] };
let server: Server;
let lab: string;
let firm: string;
let people: Record<'steward' | 'labSigns' | 'firmSteward' | 'firmSigns' | 'guest' | 'outsider', Person>;
let dataset: string;
let agreement: string;

const send = <T>(by: Person, method: string, path: string, body?: unknown, headers = {}) =>
  call<T>(server.url, by.token, { method, path, headers, ...(body === undefined ? {} : { body }) });
const refused = async (by: Person, method: string, path: string, body?: unknown) => {
  const answer = await ask(server.url, by.token, { method, path, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, detail: answer.problem.detail };
};

/** A person whom a steward of their organisation has cleared; the first steward of all is made by the administrator. */
async function person(name: string, organisation: string, role?: string, by?: Person): Promise<Person> {
  const admin = { id: '', token: server.admin };
  const { id } = await send<Person>(admin, 'POST', '/v1/principals', { kind: 'person', name, organisation });
  if (role !== undefined) await send(admin, 'POST', `/v1/principals/${id}/roles`, { organisation, role });
  if (by !== undefined) await send(by, 'PUT', `/v1/principals/${id}/clearance`, { clearance: internal });
  const issuer = by ?? admin;
  const made = await send<{ secret: string }>(issuer, 'POST', `/v1/principals/${id}/tokens`, {
    name: 'test',
  });
  return { id, token: made.secret };
}

beforeAll(async () => {
  server = await startServer();
  const organisation = async (name: string, kind: string) =>
    (await send<{ id: string }>({ id: '', token: server.admin }, 'POST', '/v1/organisations', { name, kind }))
      .id;
  lab = await organisation('Laboratory', 'laboratory');
  firm = await organisation('Firm', 'firm');
  const elsewhere = await organisation('Elsewhere', 'university');
  const steward = await person('steward', lab, 'steward');
  const firmSteward = await person('steward of the firm', firm, 'steward');
  const importer = await person('importer', lab, 'researcher', steward);
  people = {
    ...{ steward, firmSteward },
    labSigns: await person('director', lab, undefined, steward),
    firmSigns: await person('president', firm, undefined, firmSteward),
    guest: await person('guest', firm, 'researcher', firmSteward),
    outsider: await person('outsider', elsewhere, 'steward'),
  };
  const job = await importBytes(
    server,
    importer.token,
    { name: 'alloys', label: internal },
    'a,b\n1,2\n3,4\n',
  );
  ({ dataset } = job as unknown as { dataset: string });
  // What the catalog does for a dataset with a card: it comes from itself, and the card is a governed thing of its own.
  const conditions = `conditions || jsonb_build_object('origins', jsonb_build_array($1::text))`;
  await server.query(
    `update resource set origins = array[$1::text], conditions = ${conditions}
     where id in ($1, (select id from dataset_version where dataset = $1))`,
    [dataset],
  );
  await server.query(
    `insert into resource select $2, 'card', organisation, 0, '{}', purposes, agreements, origins, needs_agreement,
       needs_grant, conditions, created_by, created_at from resource where id = $1`,
    [dataset, `crd_${dataset.slice(4)}`],
  );
});

const terms = (more: object = {}) => ({
  parties: [
    { organisation: lab, representative: people.labSigns.id },
    { organisation: firm, representative: people.firmSigns.id },
  ],
  ...{ people: [people.guest.id], datasets: [], purposes: ['train'] },
  derived: { owner: lab, mayPublish: [lab, firm] },
  intellectualProperty: 'Each keeps its own.',
  startsAt: '2026-01-01T00:00:00Z',
  endsAt: '2099-01-01T00:00:00Z',
  ...more,
});
const draftBody = (more: object = {}) => ({
  ...{ title: 'Alloys', type: 'crada', template: 'crada', terms: terms() },
  fill: { 'purpose-of-the-work': 'Better alloys.', contributions: 'Data; time.' },
  ...more,
});

test('an agreement is drafted from a template, reviewed, and signed by both over its exact text', async () => {
  const { steward, labSigns, firmSteward, firmSigns, guest } = people;
  const key = { 'idempotency-key': 'draft-once' };
  const made = await send<{ id: string; sha256: string; state: string }>(
    ...([steward, 'POST', '/v1/agreements', draftBody(), key] as const),
  );
  agreement = made.id;
  expect(await send(steward, 'POST', '/v1/agreements', draftBody(), key)).toEqual(made);
  const path = `/v1/agreements/${agreement}`;
  expect(await refused(firmSteward, 'GET', path)).toMatchObject({ status: 404 });
  await send(steward, 'POST', `${path}/review`);
  const text = await fetch(`${server.url}${path}/text`, {
    headers: { authorization: `Bearer ${labSigns.token}` },
  });
  const sha256 = createHash('sha256')
    .update(Buffer.from(await text.arrayBuffer()))
    .digest('hex');
  expect(sha256).toBe(made.sha256);
  for (const by of [labSigns, firmSigns])
    await send(by, 'POST', `${path}/signatures`, { version: 1, sha256 });
  const shown = await send<{ agreement: object; signatures: object[] }>(guest, 'GET', path);
  expect(shown.agreement).toMatchObject({ state: 'active', inForce: 1, satisfies: 'CRADA' });
  expect(shown.signatures).toHaveLength(2);
});

test('the dataset is added by an amendment, asked for, granted, read, and closed by the termination', async () => {
  const { steward, labSigns, firmSigns, firmSteward, guest, outsider } = people;
  const path = `/v1/agreements/${agreement}`;
  // The only steward of the laboratory may not read the dataset, and so cannot name it.
  expect(
    await refused(steward, 'POST', `${path}/versions`, {
      terms: terms({ datasets: [dataset] }),
      text: '# 2',
    }),
  ).toMatchObject({ status: 400, detail: expect.stringContaining('terms.datasets.0') });
  const second = await person('second steward', lab, 'steward', steward);
  const next = await send<{ version: number; sha256: string }>(
    ...([
      second,
      'POST',
      `${path}/versions`,
      { terms: terms({ datasets: [dataset] }), text: '# 2' },
    ] as const),
  );
  for (const by of [labSigns, firmSigns])
    await send(by, 'POST', `${path}/signatures`, { version: next.version, sha256: next.sha256 });
  const read = `/v1/datasets/${dataset}?purpose=train`;
  expect(await refused(guest, 'GET', read)).toMatchObject({ status: 404 });
  const wish = { dataset, purposes: ['train'], days: 30, reason: 'A model.' };
  const { id } = await send<{ id: string }>(guest, 'POST', '/v1/access/requests', wish);
  const waiting = await send<{ items: { kind: string; id: string }[] }>(
    second,
    'GET',
    '/v1/access/reminders?days=90',
  );
  expect(waiting.items).toContainEqual(expect.objectContaining({ kind: 'request', id }));
  const decided = await send<{ grant: string; state: string }>(
    ...([second, 'POST', `/v1/access/requests/${id}/decision`, { approve: true, reason: 'Fits.' }] as const),
  );
  expect(decided.state).toBe('granted');
  expect(await send(guest, 'GET', read)).toBeDefined();
  const expiring = await send<{ items: object[] }>(guest, 'GET', '/v1/access/grants?expiringDays=31');
  expect(expiring.items).toMatchObject([{ id: decided.grant, agreement, ended: null }]);
  const told = await send<{ items: { about: string }[] }>(guest, 'GET', '/v1/notices');
  expect(told.items.map(({ about }) => about)).toContain(id);
  const impact = await send<{ affected: { id: string; name: string | null }[]; closes: object[] }>(
    ...([second, 'GET', `${path}/impact`] as const),
  );
  expect(impact.affected).toContainEqual(
    expect.objectContaining({ id: dataset, name: 'alloys', how: 'covered', kind: 'dataset' }),
  );
  expect(impact.closes).toMatchObject([{ grant: decided.grant, holders: [guest.id] }]);
  await send(firmSteward, 'POST', `${path}/terminate`, { reason: 'The work is done.' });
  expect(await refused(guest, 'GET', read)).toMatchObject({
    status: 403,
    detail: expect.stringContaining('no longer in force'),
  });
  expect(await refused(outsider, 'GET', read)).toMatchObject({ status: 404 });
});

test('an outsider is answered as if nothing were there', async () => {
  const never = (id: string) => `${id.slice(0, 4)}${'0'.repeat(26)}`;
  type Look = readonly [method: string, path: string, body?: object];
  const paths = (of: string): Look[] => [
    ...['', '/text', '/impact'].map((part): Look => ['GET', `/v1/agreements/${of}${part}`]),
    ['POST', `/v1/agreements/${of}/review`],
    ['POST', `/v1/agreements/${of}/terminate`, { reason: 'x' }],
    ['POST', `/v1/agreements/${of}/signatures`, { version: 1, sha256: '0'.repeat(64) }],
  ];
  const { steward, outsider } = people;
  const borrowed = await send<{ secret: string }>(
    { id: '', token: server.admin },
    ...(['POST', `/v1/principals/${people.labSigns.id}/tokens`, { name: 'borrowed' }] as const),
  );
  const posing = { id: people.labSigns.id, token: borrowed.secret };
  for (const by of [outsider, { id: '', token: server.admin }, posing]) {
    const unknown = paths(never(agreement));
    for (const [i, [method, path, body]] of paths(agreement).entries())
      expect(await refused(by, method, path, body)).toEqual(await refused(by, ...unknown[i]!));
    expect(await send(by, 'GET', '/v1/agreements')).toEqual({ items: [] });
    expect(await send(by, 'GET', '/v1/access/requests')).toEqual({ items: [] });
    expect(await send(by, 'GET', '/v1/access/grants')).toEqual({ items: [] });
    expect(await send(by, 'GET', '/v1/disclosures?open=true')).toEqual({ items: [] });
  }
  expect((await send<{ items: object[] }>(steward, 'GET', '/v1/agreements')).items).toHaveLength(1);
});

test('what is wrong is named by its field', async () => {
  const { steward, guest } = people;
  const post = async (by: Person, path: string, body: object) => await refused(by, 'POST', path, body);
  const says = (text: string) => ({ status: 400, detail: expect.stringContaining(text) as unknown });
  const agreements = '/v1/agreements';
  expect(await post(steward, agreements, draftBody({ type: 'contract' }))).toMatchObject(says('body.type'));
  expect(await post(steward, agreements, draftBody({ template: 'none' }))).toMatchObject(
    says('template: expected'),
  );
  expect(await post(steward, agreements, draftBody({ fill: {} }))).toMatchObject(says('fill.contributions'));
  expect(await post(steward, agreements, draftBody({ text: 'x' }))).toMatchObject(says('body.text'));
  const late = draftBody({ terms: terms({ endsAt: '2020-01-01T00:00:00Z' }) });
  expect(await post(steward, agreements, late)).toMatchObject(says('body.terms.endsAt'));
  expect(
    await post(guest, '/v1/access/requests', { dataset, purposes: ['sell'], days: 1, reason: 'x' }),
  ).toMatchObject(says('body.purposes.0'));
  expect(
    await post(guest, '/v1/access/requests', { dataset: 'x', purposes: ['train'], days: 1, reason: 'x' }),
  ).toMatchObject(says('body.dataset'));
  expect(
    await post({ id: '', token: server.admin }, '/v1/organisations', { name: 'x', kind: 'bank' }),
  ).toMatchObject(says('body.kind'));
});
