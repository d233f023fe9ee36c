import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { type MetadataWorld, startMetadataWorld } from './world.ts';

let world: MetadataWorld;
let answer: RequestListener = (_request, response) => void response.writeHead(404).end();
const server = createServer((request, response) => answer(request, response));
let port = 0;
beforeAll(async () => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  port = (server.address() as AddressInfo).port;
  world = await startMetadataWorld(join(await temporaryFolder(), 'data'), {
    harvestHosts: `127.0.0.1:${port}`,
  });
}, 60_000);
afterAll(async () => {
  await world.close();
  server.closeAllConnections();
  server.close();
});

const csv = 'a,y\n1,2\n3,4\n';
const dataset = (id: string, more: object = {}) => ({
  identifier: { notation: id },
  title: `Dataset ${id}`,
  rights: ['https://spdx.org/licenses/MIT'],
  accessRights: 'Ask the owner.',
  distribution: [
    {
      title: 'a.csv',
      downloadURL: `http://127.0.0.1:${port}/a.csv`,
      mediaType: 'text/csv',
      checksum: { algorithm: 'SHA-256', checksumValue: createHash('sha256').update(csv).digest('hex') },
    },
  ],
  ...more,
});
const serveCatalog = (datasets: readonly object[]): void => {
  answer = (request, response) =>
    void response.end(request.url === '/a.csv' ? csv : JSON.stringify({ dataset: datasets }));
};

async function add(request: object): Promise<string> {
  return (await world.must(world.steward, 'POST', '/v1/harvests', request)).id;
}
async function harvest(id: string) {
  await world.must(world.steward, 'POST', `/v1/harvests/${id}/run`, {});
  for (;;) {
    const found = await world.must(world.steward, 'GET', `/v1/harvests/${id}`);
    if (found.state !== 'running') return found;
    await pause(50);
  }
}
const remotes = async (who: { token: string }, source: string, more = '') =>
  (await world.must(who, 'GET', `/v1/remote-datasets?source=${source}${more}`)).items;

test('a catalog is harvested, harvested again, and what vanished there is marked', async () => {
  serveCatalog([dataset('1'), dataset('2')]);
  const id = await add({
    url: `http://127.0.0.1:${port}/data.json`,
    kind: 'dcat-us',
    conditions: { licences: ['LicenseRef-terms'] },
  });
  expect(await harvest(id)).toMatchObject({
    state: 'idle',
    counts: { seen: 2, added: 2, changed: 0, vanished: 0 },
  });
  const [first] = await remotes(world.steward, id);
  expect(first).toMatchObject({
    origin: `http://127.0.0.1:${port}/data.json`,
    access: expect.stringContaining('Ask the owner.'),
    conditions: { licences: ['LicenseRef-terms', 'MIT'] },
    label: { level: 'public' },
  });
  serveCatalog([dataset('1'), dataset('3')]);
  expect(await harvest(id)).toMatchObject({ counts: { seen: 2, added: 1, changed: 0, vanished: 1 } });
  expect(
    (await remotes(world.steward, id)).map(({ remoteId }: { remoteId: string }) => remoteId).sort(),
  ).toEqual(['1', '3']);
  const all = await remotes(world.steward, id, '&vanished=true');
  expect(all.find(({ remoteId }: { remoteId: string }) => remoteId === '2').vanishedAt).not.toBeNull();
  serveCatalog([dataset('1', { title: 'Another' }), dataset('2'), dataset('3')]);
  expect(await harvest(id)).toMatchObject({ counts: { seen: 3, added: 0, changed: 2, vanished: 0 } });
});

test('remote datasets have at least the label of their source: others know nothing of them', async () => {
  serveCatalog([dataset('secret')]);
  const id = await add({
    url: `http://127.0.0.1:${port}/`,
    kind: 'dcat-us',
    label: { level: 'internal', categories: [] },
  });
  await harvest(id);
  expect(await remotes(world.steward, id)).toHaveLength(1);
  expect(await remotes(world.stranger, id)).toEqual([]);
  expect(
    (await world.must(world.stranger, 'GET', '/v1/harvests')).items.map((one: { id: string }) => one.id),
  ).not.toContain(id);
  const [remote] = await remotes(world.steward, id);
  for (const path of [`/v1/remote-datasets/${remote.id}`, `/v1/remote-datasets/rmt_${'0'.repeat(26)}`])
    expect((await world.call(world.stranger, 'GET', path)).status).toBe(404);
  expect(
    (await world.call(world.stranger, 'POST', `/v1/harvests/${id}/run`, '{}', 'application/json')).status,
  ).toBe(404);
});

test('a file is fetched only when asked for, as an import under the label and conditions of its source', async () => {
  serveCatalog([dataset('1')]);
  const id = await add({
    url: `http://127.0.0.1:${port}/`,
    kind: 'dcat-us',
    label: { level: 'internal', categories: [] },
    conditions: { purposes: ['explore'] },
  });
  await harvest(id);
  const [remote] = await remotes(world.steward, id);
  const job = await world.must(world.steward, 'POST', `/v1/remote-datasets/${remote.id}/fetch`, {});
  const made = await world.waitFor(world.steward, job.id);
  const { dataset: found } = await world.must(world.steward, 'GET', `/v1/datasets/${made.dataset}`);
  expect(found).toMatchObject({
    name: 'Dataset 1',
    label: { level: 'internal' },
    conditions: { licences: ['MIT'], purposes: ['explore'] },
    source: expect.stringContaining(`http://127.0.0.1:${port}/a.csv`),
  });
  const { edges } = await world.must(world.steward, 'GET', `/v1/lineage/${made.dataset}`);
  expect(edges).toContainEqual(
    expect.objectContaining({ subject: made.dataset, relation: 'wasDerivedFrom', object: remote.id }),
  );
});

test('fetched bytes that are not those of the catalog are not imported', async () => {
  serveCatalog([
    dataset('1', {
      distribution: [
        {
          ...dataset('1').distribution[0],
          checksum: { algorithm: 'SHA-256', checksumValue: '0'.repeat(64) },
        },
      ],
    }),
  ]);
  const id = await add({ url: `http://127.0.0.1:${port}/`, kind: 'dcat-us' });
  await harvest(id);
  const [remote] = await remotes(world.steward, id);
  const job = await world.must(world.steward, 'POST', `/v1/remote-datasets/${remote.id}/fetch`, {});
  await expect(world.waitFor(world.steward, job.id)).rejects.toThrow('SHA-256');
});

test('what leads to this machine or its network is refused: the catalog, its redirects, its files', async () => {
  const inside = await add({ url: 'http://169.254.169.254/latest/meta-data/', kind: 'dcat-us' });
  expect(await harvest(inside)).toMatchObject({
    state: 'failed',
    failure: { message: expect.stringContaining('harvestHosts') },
  });
  const other = await add({ url: `http://127.0.0.1:${port + 1}/`, kind: 'oai-pmh' });
  expect(await harvest(other)).toMatchObject({ state: 'failed' });
  answer = (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  const redirected = await add({ url: `http://127.0.0.1:${port}/`, kind: 'croissant' });
  expect(await harvest(redirected)).toMatchObject({ state: 'failed' });
  serveCatalog([dataset('1', { distribution: [{ downloadURL: 'http://[::1]:5432/' }] })]);
  const files = await add({ url: `http://127.0.0.1:${port}/`, kind: 'dcat-us' });
  await harvest(files);
  const [remote] = await remotes(world.steward, files);
  const job = await world.must(world.steward, 'POST', `/v1/remote-datasets/${remote.id}/fetch`, {});
  await expect(world.waitFor(world.steward, job.id)).rejects.toThrow('not on the public internet');
});

test('a bomb of entities, a document that is too deep and one of another kind fail, and change nothing', async () => {
  answer = (_request, response) =>
    void response.end('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa">]><a>&a;</a>');
  const xml = await add({ url: `http://127.0.0.1:${port}/oai`, kind: 'oai-pmh' });
  expect(await harvest(xml)).toMatchObject({
    state: 'failed',
    failure: { message: expect.stringContaining('document type') },
  });
  answer = (_request, response) => void response.end('['.repeat(100_000));
  const deep = await add({ url: `http://127.0.0.1:${port}/`, kind: 'dcat-us' });
  expect(await harvest(deep)).toMatchObject({
    state: 'failed',
    failure: { message: expect.stringContaining('deeper') },
  });
  expect(await remotes(world.steward, deep)).toEqual([]);
});
