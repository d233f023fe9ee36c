import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asCui, cardText } from '../card-for-tests.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type MetadataWorld, startMetadataWorld } from './world.ts';

let world: MetadataWorld;
beforeAll(async () => {
  world = await startMetadataWorld(join(await temporaryFolder(), 'data'));
}, 60_000);
afterAll(() => world.close());

const csv = 'q (1/angstrom),I\n0.1,2\n0.2,3\n';

test('a dataset with a card is described in every standard, from its card', async () => {
  const { dataset } = await world.imported({ name: 'SANS', card: cardText() }, csv);
  const schema = await world.json(null, `/v1/datasets/${dataset}/metadata?format=schema-org`);
  expect(schema).toMatchObject({
    name: 'Synthetic SANS Core-Shell Sphere Library',
    creator: [{ name: 'Ada Example' }, { name: 'Bruno Sample' }],
    license: ['https://spdx.org/licenses/CC-BY-4.0'],
    version: '1',
  });
  const datacite = await world.text(null, `/v1/datasets/${dataset}/metadata?format=datacite`);
  expect(datacite).toContain('<identifier identifierType="DOI">10.5072/enl.sans.css.v1</identifier>');
  const prov = await world.json(null, `/v1/datasets/${dataset}/metadata?format=prov`);
  expect(Object.keys(prov.wasDerivedFrom).length).toBeGreaterThan(0);
  expect(Object.keys(prov.agent)).toHaveLength(1);
});

test('without a token only what is public is described; what is hidden answers as what is not there', async () => {
  const open = await world.imported({ name: 'Open & <free>' }, csv);
  const inner = await world.imported({ name: 'Inner', label: { level: 'internal', categories: [] } }, csv);
  const nothing = `dst_${'0'.repeat(26)}`;
  for (const path of ['/v1/datasets/ID/metadata?format=croissant', '/datasets/ID']) {
    const at = (id: string) => world.call(null, 'GET', path.replace('ID', id));
    expect((await at(open.dataset)).status).toBe(200);
    const hidden = await at(inner.dataset);
    const missing = await at(nothing);
    expect(hidden.status).toBe(404);
    const told = (body: string) => body.replaceAll(inner.dataset, nothing).replace(/"requestId":"[^"]*"/, '');
    expect(told(hidden.body)).toBe(told(missing.body));
    expect((await world.call(world.steward, 'GET', path.replace('ID', inner.dataset))).status).toBe(200);
    expect((await world.call(world.stranger, 'GET', path.replace('ID', inner.dataset))).status).toBe(404);
  }
  for (const who of [null, world.stranger]) {
    const catalog = await world.text(who, '/v1/catalog/dcat-us?limit=200');
    const records = await world.text(who, '/oai?verb=ListRecords&metadataPrefix=oai_dc');
    for (const text of [catalog, records]) {
      expect(text).toContain(open.dataset);
      expect(text).not.toContain(inner.dataset);
    }
    const single = await world.text(
      who,
      `/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:${inner.dataset}`,
    );
    expect(single).toContain('code="idDoesNotExist"');
  }
  expect(await world.text(world.steward, '/v1/catalog/dcat-us?limit=200')).toContain(inner.dataset);
});

test('a look without a token that finds nothing is entered nowhere', async () => {
  const inner = await world.imported({ name: 'Quiet', label: { level: 'internal', categories: [] } }, csv);
  const size = async () => (await world.json(world.steward, '/v1/ledger/checkpoint', 'POST')).size;
  const before = await size();
  await world.call(null, 'GET', `/v1/datasets/${inner.dataset}/metadata?format=prov`);
  await world.call(null, 'GET', `/v1/versions/${inner.version}/export?form=parquet`);
  await world.call(
    null,
    'GET',
    `/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:${inner.dataset}`,
  );
  expect(await size()).toBe(before);
  await world.call(world.steward, 'GET', `/v1/datasets/${inner.dataset}/metadata?format=prov`);
  expect(await size()).toBe(before + 1);
});

test('of a dataset that is hidden, a public card is described, and nothing but the card', async () => {
  const { dataset, version } = await world.imported(
    { name: 'The real name', card: cardText(asCui) },
    csv,
    world.cleared,
  );
  const said = await world.json(null, `/v1/datasets/${dataset}/metadata?format=croissant`);
  expect(said.name).toBe('Synthetic SANS Core-Shell Sphere Library');
  expect(said).not.toHaveProperty('distribution');
  expect(said).not.toHaveProperty('recordSet');
  expect(JSON.stringify(said)).not.toContain(version);
  expect(JSON.stringify(said)).not.toContain('The real name');
  expect(await world.json(null, `/v1/datasets/${dataset}/metadata?format=prov`)).not.toHaveProperty(
    'wasDerivedFrom',
  );
});

test('the page of a dataset holds hostile names as text', async () => {
  const name = '</title><script>alert(1)</script>"\'&';
  const { dataset } = await world.imported({ name, description: '</script><b>' }, csv);
  const page = await world.text(null, `/datasets/${dataset}`);
  expect(page).not.toContain('<script>alert');
  const [, json = ''] = /<script type="application\/ld\+json">([^<]*)<\/script>/.exec(page) ?? [];
  expect(JSON.parse(json)).toMatchObject({ name, description: '</script><b>' });
  expect(page.match(/<script/g)).toHaveLength(1);
});

test('public rows are fetched without a token as the bytes that Croissant names', async () => {
  const { dataset, version } = await world.imported({ name: 'Rows' }, csv);
  const { distribution } = await world.json(null, `/v1/datasets/${dataset}/metadata?format=croissant`);
  const { createHash } = await import('node:crypto');
  const answer = await fetch(distribution[0].contentUrl);
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(distribution[0].sha256);
  expect((await world.call(null, 'GET', `/v1/versions/${version}/export`)).status).toBe(401);
});

test('OAI-PMH: intervals and sets choose, and every error has its word', async () => {
  const ask = (query: string, method = 'GET') => world.oai(null, query, method);
  expect(await ask('verb=Identify')).toContain('<granularity>YYYY-MM-DDThh:mm:ssZ</granularity>');
  expect(await ask('verb=Identify', 'POST')).toContain('<protocolVersion>2.0</protocolVersion>');
  expect(await ask('verb=ListMetadataFormats')).toContain('oai_datacite');
  expect(await ask('verb=ListSets')).toContain(`<setSpec>${world.home}</setSpec>`);
  const code = (text: string) => /<error code="(\w+)"/.exec(text)?.[1];
  expect(code(await ask('verb=Nothing'))).toBe('badVerb');
  expect(code(await ask('verb=ListRecords'))).toBe('badArgument');
  expect(code(await ask('verb=ListRecords&metadataPrefix=marc'))).toBe('cannotDisseminateFormat');
  expect(code(await ask('verb=ListRecords&metadataPrefix=oai_dc&until=1999-01-01'))).toBe('noRecordsMatch');
  expect(code(await ask('verb=ListRecords&metadataPrefix=oai_dc&set=org_none'))).toBe('noRecordsMatch');
  expect(code(await ask('verb=ListRecords&resumptionToken=invented'))).toBe('badResumptionToken');
  expect(code(await ask('verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:y'))).toBe('idDoesNotExist');
  expect(
    code(await ask(`verb=ListRecords&metadataPrefix=oai_dc&from=2001-01-01&set=${world.home}`)),
  ).toBeUndefined();
});
