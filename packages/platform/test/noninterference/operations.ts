import { type IdKind, idPrefixes, type Purpose } from '@genesis/contracts';
import type { Ask } from './client.ts';
import type { Kind, Thing } from './oracle.ts';

/** A request about one thing, by its id (or another name of it). */
export type Operation = {
  name: string;
  kinds: readonly Kind[];
  ask: (id: string, purpose: Purpose, thing: Thing) => Ask;
};

const get = (path: string): Ask => ({ method: 'GET', path });
const post = (path: string, body?: unknown): Ask => ({
  method: 'POST',
  path,
  ...(body === undefined ? {} : { body }),
});
const tus = (method: string, id: string, headers: Record<string, string> = {}): Ask => ({
  ...{ method, path: `/v1/imports/${id}/upload` },
  headers: { 'tus-resumable': '1.0.0', ...headers },
});
const any: readonly Kind[] = [
  'dataset',
  'version',
  'split',
  'capability',
  'run',
  'campaign',
  'experiment',
  'hypothesis',
  'model',
  'upload',
  'entry',
];
const design = { designs: [{ a: 1, b: 'x' }] };
const silica = { kind: 'capability', capability: 'stober-silica' };
const plan = { title: 'probe', objective: { name: 'y', goal: { kind: 'maximize' } }, budget: 2, seed: 's' };

/** Every way in which the API takes an id. Nobody who is cleared can do harm with them: the world stays as it is. */
export const operations: readonly Operation[] = [
  {
    name: 'show dataset',
    kinds: ['dataset'],
    ask: (id, purpose) => get(`/v1/datasets/${id}?purpose=${purpose}`),
  },
  { name: 'form of dataset', kinds: ['dataset'], ask: (id) => get(`/v1/access/forms/${id}`) },
  {
    name: 'ask for dataset',
    kinds: ['dataset'],
    ask: (id, purpose) =>
      post('/v1/access/requests', {
        ...{ dataset: id, purposes: [purpose], days: 1, reason: 'probe' },
        // Nobody is in it, so that nothing is asked for.
        project: `prj_${'0'.repeat(26)}`,
      }),
  },
  ...(['croissant', 'schema-org', 'datacite', 'dcat-us', 'ro-crate', 'prov'] as const).map(
    (format): Operation => ({
      name: `describe dataset as ${format}`,
      kinds: ['dataset'],
      ask: (id, purpose) => get(`/v1/datasets/${id}/metadata?format=${format}&purpose=${purpose}`),
    }),
  ),
  { name: 'page of dataset', kinds: ['dataset'], ask: (id) => get(`/datasets/${id}`) },
  {
    name: 'harvest dataset',
    kinds: ['dataset'],
    ask: (id) => get(`/oai?verb=GetRecord&metadataPrefix=oai_datacite&identifier=oai:127.0.0.1:${id}`),
  },
  {
    name: 'export version as stored',
    kinds: ['version'],
    ask: (id) => get(`/v1/versions/${id}/export?form=parquet`),
  },
  { name: 'import into dataset', kinds: ['dataset'], ask: (id) => post('/v1/imports', { dataset: id }) },
  {
    name: 'show version',
    kinds: ['version'],
    ask: (id, purpose) => get(`/v1/versions/${id}?purpose=${purpose}`),
  },
  { name: 'export version', kinds: ['version'], ask: (id) => get(`/v1/versions/${id}/export`) },
  {
    name: 'cut version',
    kinds: ['version'],
    ask: (id) => post(`/v1/versions/${id}/splits`, { inputs: ['no such column'], seed: 's' }),
  },
  {
    name: 'explore version',
    kinds: ['version', 'split'],
    ask: (id, _purpose, { kind }) => {
      const missing = (other: IdKind) => `${idPrefixes[other]}_${'0'.repeat(26)}`;
      const version = kind === 'version' ? id : missing('version');
      const split = kind === 'split' ? id : missing('split');
      return post('/v1/campaigns', { ...plan, source: { kind: 'table', version, split, inputs: ['a'] } });
    },
  },
  {
    name: 'run on version',
    kinds: ['version'],
    ask: (id, purpose) =>
      post('/v1/runs', {
        capability: 'stober-silica',
        input: {},
        datasets: [{ name: 'x', version: id }],
        purpose,
      }),
  },
  { name: 'show split', kinds: ['split'], ask: (id, purpose) => get(`/v1/splits/${id}?purpose=${purpose}`) },
  {
    name: 'retire split without a word',
    kinds: ['split'],
    ask: (id) => post(`/v1/splits/${id}/retire`, { confirm: 'no' }),
  },
  { name: 'show upload', kinds: ['upload'], ask: (id) => get(`/v1/imports/${id}`) },
  { name: 'watch upload', kinds: ['upload'], ask: (id) => get(`/v1/imports/${id}/events`) },
  {
    name: 'fill upload',
    kinds: ['upload'],
    ask: (id) => ({ method: 'PUT', path: `/v1/imports/${id}/content`, content: 'a\n1\n' }),
  },
  { name: 'ask how much of an upload is there', kinds: ['upload'], ask: (id) => tus('HEAD', id) },
  {
    name: 'send an upload in parts',
    kinds: ['upload'],
    ask: (id) => tus('POST', id, { 'upload-length': '4' }),
  },
  {
    name: 'send a part of an upload',
    kinds: ['upload'],
    ask: (id) => ({
      ...tus('PATCH', id, { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }),
      content: 'a\n1\n',
    }),
  },
  { name: 'end an upload', kinds: ['upload'], ask: (id) => tus('DELETE', id) },
  {
    name: 'show capability',
    kinds: ['capability'],
    ask: (id, purpose) => get(`/v1/capabilities/${id}?purpose=${purpose}`),
  },
  {
    name: 'show capability by version',
    kinds: ['capability'],
    ask: (id) => get(`/v1/capabilities/${id}@1.0.0`),
  },
  {
    name: 'run capability',
    kinds: ['capability'],
    ask: (id, purpose) => post('/v1/runs', { capability: id, input: [], purpose }),
  },
  { name: 'show run', kinds: ['run'], ask: (id, purpose) => get(`/v1/runs/${id}?purpose=${purpose}`) },
  { name: 'log of run', kinds: ['run'], ask: (id, purpose) => get(`/v1/runs/${id}/logs?purpose=${purpose}`) },
  {
    name: 'output of run',
    kinds: ['run'],
    ask: (id, purpose) => get(`/v1/runs/${id}/outputs/output.json?purpose=${purpose}`),
  },
  { name: 'cancel run', kinds: ['run'], ask: (id) => post(`/v1/runs/${id}/cancel`) },
  { name: 'show campaign', kinds: ['campaign'], ask: (id) => get(`/v1/campaigns/${id}`) },
  {
    name: 'runs of campaign',
    kinds: ['campaign'],
    ask: (id, purpose) => get(`/v1/runs?campaign=${id}&purpose=${purpose}`),
  },
  { name: 'experiments', kinds: ['campaign'], ask: (id) => get(`/v1/campaigns/${id}/experiments`) },
  { name: 'watch campaign', kinds: ['campaign'], ask: (id) => get(`/v1/campaigns/${id}/events`) },
  { name: 'report', kinds: ['campaign'], ask: (id) => get(`/v1/campaigns/${id}/report`) },
  { name: 'stop campaign', kinds: ['campaign'], ask: (id) => post(`/v1/campaigns/${id}/stop`) },
  { name: 'resume campaign', kinds: ['campaign'], ask: (id) => post(`/v1/campaigns/${id}/resume`) },
  { name: 'suggest', kinds: ['campaign'], ask: (id) => post(`/v1/campaigns/${id}/suggestions`, {}) },
  { name: 'train', kinds: ['campaign'], ask: (id) => post(`/v1/campaigns/${id}/models`, { name: '' }) },
  { name: 'hypotheses', kinds: ['campaign'], ask: (id) => get(`/v1/campaigns/${id}/hypotheses`) },
  {
    name: 'freeze',
    kinds: ['campaign'],
    ask: (id) =>
      post(`/v1/campaigns/${id}/hypotheses`, { kind: 'prediction', confidence: 0.5, sampleSize: 100_000 }),
  },
  { name: 'crate', kinds: ['campaign'], ask: (id) => post(`/v1/campaigns/${id}/crate`, {}) },
  {
    name: 'record result',
    kinds: ['experiment'],
    ask: (id, _purpose, { campaign }) =>
      post(`/v1/campaigns/${campaign}/results`, {
        results: [{ experiment: id, outcome: { status: 'measured', value: 1 } }],
      }),
  },
  { name: 'show hypothesis', kinds: ['hypothesis'], ask: (id) => get(`/v1/hypotheses/${id}`) },
  { name: 'proof of entry', kinds: ['entry'], ask: (id) => get(`/v1/ledger/entries/${id}/proof`) },
  { name: 'show model', kinds: ['model'], ask: (id) => get(`/v1/models/${id}`) },
  { name: 'card of model', kinds: ['model'], ask: (id) => get(`/v1/models/${id}/card`) },
  { name: 'predict', kinds: ['model'], ask: (id) => post(`/v1/models/${id}/predict`, design) },
  { name: 'moves of model', kinds: ['model'], ask: (id) => get(`/v1/models/${id}/moves`) },
  { name: 'bill of materials', kinds: ['model'], ask: (id) => get(`/v1/models/${id}/bom`) },
  { name: 'export model', kinds: ['model'], ask: (id) => post(`/v1/models/${id}/export`, {}) },
  {
    name: 'propose model',
    kinds: ['model'],
    ask: (id) => post(`/v1/models/${id}/stage`, { to: 'production', reason: 'x' }),
  },
  {
    name: 'approve model',
    kinds: ['model'],
    ask: (id) => post(`/v1/models/${id}/approval`, { agree: true, reason: 'x' }),
  },
  { name: 'serve model', kinds: ['model'], ask: (id) => post(`/v1/models/${id}/serve`) },
  { name: 'stop serving', kinds: ['model'], ask: (id) => post(`/v1/models/${id}/serve/stop`) },
  {
    name: 'predict rows',
    kinds: ['model'],
    ask: (id) => post(`/v1/models/${id}/predict`, { rows: [{ x: 1 }] }),
  },
  { name: 'register model', kinds: ['run'], ask: (id) => post('/v1/models', { run: id }) },
  { name: 'lineage', kinds: any, ask: (id) => get(`/v1/lineage/${id}`) },
  { name: 'audit', kinds: any, ask: (id) => get(`/v1/audit/${id}`) },
  {
    name: 'explain reading',
    kinds: any,
    ask: (id, purpose, { reading }) => post('/v1/policy/explain', { action: reading, resource: id, purpose }),
  },
  {
    name: 'explain exporting',
    kinds: any,
    ask: (id) => post('/v1/policy/explain', { action: 'dataset.export', resource: id, purpose: 'publish' }),
  },
  {
    name: 'instrument campaign beside it',
    kinds: ['capability'],
    ask: (id) =>
      post('/v1/campaigns', {
        ...plan,
        source: { ...silica, capability: id },
        space: { parameters: [{ kind: 'continuous', name: 'x', min: 0, max: 1 }] },
      }),
  },
];

/** Requests that name nothing: what they count and list is only what may be seen. */
export const lists = (
  purpose: Purpose,
  limit: number,
  cursor: string | undefined,
): { kind: Kind; ask: Ask }[] => {
  const page = `limit=${limit}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
  return [
    { kind: 'dataset', ask: get(`/v1/datasets?purpose=${purpose}&${page}`) },
    { kind: 'dataset', ask: get(`/v1/catalog/dcat-us?purpose=${purpose}&limit=200`) },
    { kind: 'dataset', ask: get(`/v1/search?purpose=${purpose}&sort=newest&${page}`) },
    { kind: 'run', ask: get(`/v1/runs?purpose=${purpose}&${page}`) },
    { kind: 'campaign', ask: get(`/v1/campaigns?${page}`) },
    { kind: 'capability', ask: get(`/v1/capabilities?purpose=${purpose}`) },
    { kind: 'model', ask: get(`/v1/models?limit=${limit}`) },
    { kind: 'campaign', ask: get('/v1/challenges/11') },
  ];
};

const letters = 'abcdefghjkmnpqrstvwxyz';

/** An id (or a name) of the same shape that nothing has. */
export function unknownLike(id: string, draw: number): string {
  const at = id.indexOf('_') + 1;
  const tail = Array.from(
    { length: id.length - at },
    (_, i) => letters[(draw * 7 + i * 13 + (draw >> (i % 8))) % 22],
  );
  return id.slice(0, at) + tail.join('');
}
