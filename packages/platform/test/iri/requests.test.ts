import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dialectOf } from '../../src/compute/executors/iri/facilities.ts';
import { type Person, startWorld, type World } from './world.ts';

let base: string;
let world: World;
let ada: Person;
let project: { id: string; folder: string };

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'genesis-requests-'));
  world = await startWorld(join(base, 'data'), { allowUnsandboxed: true });
  const steward = await world.newPerson('Maria', ['steward']);
  ada = await world.newPerson('Ada', ['researcher']);
  project = await world.newProject(steward, [ada]);
  await world.must(steward, 'PUT', `/v1/projects/${project.id}/allocations/local`, { granted: 10 });
  const operator = await world.newPerson('Otto', ['operator'], 'platform');
  const planned = { name: 'Cooling', status: 'degraded', resources: ['projects'] };
  await world.must(operator, 'POST', '/v1/compute/incidents', planned);
});
afterAll(async () => {
  await world.close();
  await rm(base, { recursive: true, force: true });
});

const get = (path: string, headers = {}) => world.call(ada, 'GET', path, undefined, headers);
const names = (body: { name: string }[]): string[] => body.map(({ name }) => name);

describe('parameters', () => {
  test('an unknown one is 422, a wrong one 400, both named', async () => {
    const unknown = await get('/api/v2/status/resources?colour=red');
    expect(unknown).toMatchObject({ status: 422, body: { invalid_params: [{ name: 'colour' }] } });
    for (const [query, name] of [
      ['limit=1001', 'limit'],
      ['limit=-1', 'limit'],
      ['limit=1e2', 'limit'],
      ['offset=', 'offset'],
      ['modified_since=yesterday', 'modified_since'],
      ['current_status=fine', 'current_status'],
      ['resource_type=compute', 'resource_type'],
    ]) {
      const answer = await get(`/api/v2/status/resources?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { invalid_params: [{ name }] } });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
    const at = `/api/v2/compute/status/${world.machine}/job_none?historical=1`;
    expect((await get(at)).status).toBe(400);
  });

  test('lists are cut by offset and limit, and filtered', async () => {
    const list = async (query: string) => names((await get(`/api/v2/status/resources?${query}`)).body);
    expect(await list('')).toEqual(['local', 'projects']);
    expect(await list('limit=1')).toEqual(['local']);
    expect(await list('offset=1')).toEqual(['projects']);
    expect(await list('limit=0')).toEqual([]);
    expect(await list('resource_type=urn:doe-iri:resource:storage')).toEqual(['projects']);
    expect(await list('resource_type=urn:doe-iri:resource:storage:filesystem')).toEqual(['projects']);
    expect(await list('resource_type=urn:doe-iri:resource:stor')).toEqual([]);
    expect(await list('current_status=degraded')).toEqual(['projects']);
    expect(await list('name=local')).toEqual(['local']);
    expect(await list(`modified_since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    const incidents = (await get('/api/v2/status/incidents?type=unplanned')).body;
    expect(incidents).toMatchObject([{ name: 'Cooling', resolution: 'unresolved', end: null }]);
    expect((await get('/api/v2/status/incidents?to=2001-01-01T00:00:00Z')).body).toEqual([]);
    const events = (await get(`/api/v2/status/events?incident_id=${incidents[0].id}`)).body;
    expect(events).toMatchObject([{ status: 'degraded', resource_uri: incidents[0].resource_uris[0] }]);
    expect((await get(new URL(events[0].self_uri).pathname)).body).toEqual(events[0]);
  });

  test('what has not changed since is 304', async () => {
    const facility = await get('/api/v2/facility');
    const since = facility.headers.get('last-modified') ?? '';
    expect((await get('/api/v2/facility', { 'if-modified-since': since })).status).toBe(304);
    const query = `modified_since=${facility.body.last_modified}`;
    expect((await get(`/api/v2/facility?${query}`)).status).toBe(304);
    const before = 'modified_since=2001-01-01T00:00:00Z';
    expect((await get(`/api/v2/facility?${before}`)).status).toBe(200);
  });
});

test('addresses in answers lead back to the same things', async () => {
  const facility = (await get('/api/v2/facility')).body;
  const follow = async (uri: string) => (await get(new URL(uri).pathname)).body;
  const site = await follow(facility.site_uris[0]);
  expect(site.self_uri).toBe(facility.site_uris[0]);
  const machine = (await get('/api/v2/compute/resources')).body[0];
  expect(site.resource_uris).toContain(machine.self_uri);
  expect(await follow(machine.self_uri)).toEqual(machine);
  expect(machine.site_uri).toBe(site.self_uri);
  const [allocation] = (await get(`/api/v2/account/projects/${project.id}/project_allocations`)).body;
  expect((await follow(allocation.project_uri)).user_ids).toEqual([ada.id]);
  expect((await follow(allocation.capability_uri)).self_uri).toBe(machine.capability_uris[0]);
});

test('public groups need no token, the others do, and a wrong one is never taken for none', async () => {
  for (const path of [
    'facility',
    'facility/sites',
    'status/resources',
    'account/capabilities',
    'compute/resources',
  ])
    expect((await world.call(null, 'GET', `/api/v2/${path}`)).status).toBe(200);
  for (const path of ['account/projects', 'task', `storage/locations/${world.store}`])
    expect((await world.call(null, 'GET', `/api/v2/${path}`)).status).toBe(401);
  const wrong = await world.call({ token: 'genesis_tok_wrong' }, 'GET', '/api/v2/facility');
  expect(wrong.status).toBe(401);
  expect(wrong.headers.get('www-authenticate')).toContain('Bearer');
  const other = await world.call(ada, 'PATCH', '/api/v2/facility');
  expect(other.status).toBe(405);
  expect(other.headers.get('allow')).toContain('GET');
});

test('the document has the official operation ids, each once', async () => {
  const { body } = await world.call(null, 'GET', '/api/v2/openapi.json');
  const ids = Object.values(body.paths as Record<string, Record<string, { operationId: string }>>)
    .flatMap(Object.values)
    .map(({ operationId }) => operationId);
  expect(ids.length).toBe(47);
  expect(new Set(ids).size).toBe(47);
  expect(ids).toContain('getEventByIncident');
  const whole = await world.call(null, 'GET', '/openapi.json');
  expect(Object.keys(whole.body.paths)).toContain('/api/v2/compute/job/{resource_id}');
});

test('the document says that a submission may be repeated under its key, so that clients dare to', async () => {
  const { body } = await world.call(null, 'GET', '/api/v2/openapi.json');
  expect(dialectOf('genesis.example', 'v2', body).idempotencyKey).toBe(true);
});

describe('the older version', () => {
  test('has words in place of URNs, in both directions', async () => {
    const list = async (query: string) => (await get(`/api/v1/status/resources?${query}`)).body;
    expect(
      (await list('resource_type=storage')).map((one: { resource_type: string }) => one.resource_type),
    ).toEqual(['storage']);
    expect(names(await list('resource_type=compute'))).toEqual(['local']);
    const [allocation] = (await get(`/api/v1/account/projects/${project.id}/project_allocations`)).body;
    expect(allocation.entries[0].unit).toBe('node_hours');
    expect(allocation.project_uri).toContain('/api/v1/');
  });

  test('operates on files by GET, PUT and DELETE', async () => {
    const at = (name: string) => `/api/v1/filesystem/${name}/${world.store}`;
    const path = `${project.folder}/old`;
    const done = async (answer: Awaited<ReturnType<typeof get>>) => {
      expect(answer.status).toBeLessThan(300);
      return (await world.taskEnd(ada, answer.body.task_id)).body;
    };
    const query = new URLSearchParams({ path, showHidden: 'true' }).toString();
    await done(await world.call(ada, 'POST', at('mkdir'), { path }));
    expect((await done(await get(`${at('ls')}?${query}`))).result.output).toEqual([]);
    expect((await get(`${at('ls')}?path=${path}&showHidden=1`)).status).toBe(400);
    await done(await world.call(ada, 'PUT', at('chmod'), { path, mode: '750' }));
    const packed = { source_path: path, target_path: `${path}.tgz`, compression: 'gzip' };
    expect((await done(await world.call(ada, 'POST', at('compress'), packed))).status).toBe('completed');
    expect((await done(await world.call(ada, 'DELETE', `${at('rm')}?path=${path}`))).status).toBe(
      'completed',
    );
    expect((await done(await get(`${at('stat')}?path=${path}`))).result.code).toBe('not-found');
  });
});
