import { expect, test } from 'vitest';
import { readZip } from '../src/index.ts';
import { sampleCrate } from './sample-crate.ts';

type Entity = { '@id': string; '@type': string } & Record<string, unknown>;

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  const record = value as Record<string, unknown>;
  if (typeof record['@id'] === 'string' && Object.keys(record).length === 1) return [record['@id']];
  return Object.values(record).flatMap(referencesIn);
}

test('the metadata is a closed graph that describes every file but the ledger by its hash', async () => {
  const files = new Map(readZip(await sampleCrate()).map(({ name, content }) => [name, content]));
  const text = Buffer.from(files.get('ro-crate-metadata.json')!).toString();
  const metadata = JSON.parse(text) as { '@context': unknown[]; '@graph': Entity[] };
  expect(metadata['@context'][0]).toBe('https://w3id.org/ro/crate/1.2/context');
  const ids = metadata['@graph'].map((entity) => entity['@id']);
  expect(new Set(ids).size).toBe(ids.length);
  for (const entity of metadata['@graph']) {
    for (const id of referencesIn(Object.values(entity))) {
      if (!id.startsWith('https://')) expect(ids, `${entity['@id']} links to ${id}`).toContain(id);
    }
  }
  const described = metadata['@graph'].filter((entity) => 'sha256' in entity).map((entity) => entity['@id']);
  const expected = [...files.keys()].filter(
    (path) => !path.startsWith('ledger/') && path !== 'manifest.json' && path !== 'ro-crate-metadata.json',
  );
  expect(described.sort()).toEqual(expected.sort());
  const actions = metadata['@graph'].filter((entity) => entity['@type'] === 'CreateAction');
  expect(actions.map((action) => action['@id'])).toEqual([
    '#exploration-clever',
    '#exploration-random',
    '#training-mdl_1',
    '#confirmation-hyp_1',
    '#confirmation-hyp_2',
    '#confirmation-hyp_3',
  ]);
});
