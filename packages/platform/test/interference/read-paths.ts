import { type IdKind, idPrefixes, purposes } from '@genesis/contracts';
import type { Ask } from '../noninterference/client.ts';
import { visibleWord, type WatchedWorld } from './watched-world.ts';

/** What the parameters of a read stand for; every read of the API that takes one must be here. */
const takes: Readonly<Record<string, readonly IdKind[]>> = {
  '/v1/access/forms/{dataset}': ['dataset'],
  '/v1/access/grants/{id}': ['grant'],
  '/v1/access/requests/{id}': ['request'],
  '/v1/agreements/{id}': ['agreement'],
  '/v1/agreements/{id}/impact': ['agreement'],
  '/v1/agreements/{id}/text': ['agreement'],
  '/v1/audit/{id}': Object.keys(idPrefixes) as IdKind[],
  '/v1/campaigns/{id}': ['campaign'],
  '/v1/campaigns/{id}/events': ['campaign'],
  '/v1/campaigns/{id}/experiments': ['campaign'],
  '/v1/campaigns/{id}/hypotheses': ['campaign'],
  '/v1/campaigns/{id}/report': ['campaign'],
  '/v1/capabilities/{id}': ['capability'],
  '/v1/compute/resources/{name}': ['machine'],
  '/v1/datasets/{id}': ['dataset'],
  '/v1/datasets/{id}/card': ['dataset'],
  '/v1/datasets/{id}/metadata': ['dataset'],
  '/v1/harvests/{id}': ['harvest'],
  '/v1/hypotheses/{id}': ['hypothesis'],
  '/v1/imports/{id}': ['upload'],
  '/v1/imports/{id}/events': ['upload'],
  '/v1/ledger/entries/{id}/proof': ['entry'],
  '/v1/evaluations/{id}': ['evaluation'],
  '/v1/kits/{name}': ['capability'],
  '/v1/lineage/{id}': Object.keys(idPrefixes) as IdKind[],
  '/v1/models/{id}': ['model'],
  '/v1/models/{id}/bom': ['model'],
  '/v1/models/{id}/card': ['model'],
  '/v1/models/{id}/moves': ['model'],
  '/v1/principals/{id}/sessions': ['principal'],
  '/v1/projects/{id}': ['project'],
  '/v1/remote-datasets/{id}': ['remote'],
  '/v1/runs/{id}': ['run'],
  '/v1/runs/{id}/logs': ['run'],
  '/v1/runs/{id}/outputs/{*}': ['run'],
  '/v1/splits/{id}': ['split'],
  '/v1/tracking/runs/{id}': ['trackedRun'],
  '/v1/tracking/runs/{id}/curves': ['trackedRun'],
  '/v1/tracking/runs/{id}/curves.svg': ['trackedRun'],
  '/v1/versions/{id}': ['version'],
  '/v1/versions/{id}/export': ['version'],
  '/v1/versions/{id}/file': ['version'],
  '/v1/versions/{id}/preview.svg': ['version'],
  '/v1/versions/{id}/slice': ['version'],
  '/api/v2/account/capabilities/{capability_id}': ['machine'],
  '/api/v2/account/projects/{project_id}': ['project'],
  '/api/v2/account/projects/{project_id}/project_allocations': ['project'],
  '/api/v2/facility/sites/{site_id}': ['site'],
  '/api/v2/status/events/{event_id}': ['event'],
  '/api/v2/status/incidents/{incident_id}': ['incident'],
  '/api/v2/status/resources/{resource_id}': ['machine'],
  '/api/v2/storage/access-endpoints/{resource_id}': ['machine'],
  '/api/v2/storage/locations/{resource_id}': ['machine'],
  '/api/v2/task/{task_id}': ['task'],
};
/** Reads with two parameters, of which the second belongs to the first; and what begins a sign-in, which observes nothing. */
const elsewhere = [
  /^\/api\/v2\/account\/projects\/\{project_id\}\/project_allocations\/\{/,
  /^\/api\/v2\/compute\/status\/\{resource_id\}\/\{job_id\}$/,
  /^\/v1\/sign-in\/\{provider\}$/,
  /^\/v1\/challenges\/\{number\}$/,
];

const get = (path: string): Ask => ({ method: 'GET', path });
const kindOf = (id: string): IdKind | undefined =>
  (Object.keys(idPrefixes) as IdKind[]).find((kind) => id.startsWith(`${idPrefixes[kind]}_`));

type Document = { paths: Record<string, Record<string, unknown>> };

/** Reads as the OpenAPI document of the running platform lists them. @throws where it has one that nobody described here */
export async function readPaths({ server }: Pick<WatchedWorld, 'server'>): Promise<string[]> {
  const documents = await Promise.all(
    ['/openapi.json', '/api/v2/openapi.json'].map(
      async (path) => (await (await fetch(`${server.url}${path}`)).json()) as Document,
    ),
  );
  const all = documents.flatMap(({ paths }) =>
    Object.entries(paths).flatMap(([path, methods]) => ('get' in methods ? [path] : [])),
  );
  const reads = [...new Set(all)].sort();
  const unknown = reads.filter(
    (path) => path.includes('{') && takes[path] === undefined && !elsewhere.some((one) => one.test(path)),
  );
  if (unknown.length > 0) throw new Error(`no test says what these reads take: ${unknown.join(', ')}`);
  return reads;
}

const query: Readonly<Record<string, readonly string[]>> = {
  '/v1/search': [
    ...purposes.map((purpose) => `?q=${visibleWord}&purpose=${purpose}`),
    ...[
      '?limit=1',
      '?sort=newest&limit=2',
      '?q=zq',
      '?level=controlled',
      '?category=pii',
      '?sort=size',
      '?readiness=low',
    ],
  ],
  '/v1/datasets': ['?purpose=explore&limit=200', '?purpose=train&limit=1', ''],
  '/v1/catalog/dcat-us': ['?purpose=explore&limit=200', '?purpose=train&limit=1'],
  '/v1/access/grants': ['', '?expiringDays=3650'],
  '/v1/access/reminders': ['?days=365'],
  '/v1/runs': ['', '?purpose=train&limit=200'],
  '/v1/tracking/runs': ['', '?purpose=explore&limit=200'],
  '/v1/releases': ['', '?purpose=train'],
  '/v1/disclosures': ['?open=true', ''],
  '/v1/datasets/{id}': ['?purpose=explore', '?purpose=train', ''],
  '/v1/datasets/{id}/metadata': [
    ...['croissant', 'schema-org', 'datacite', 'dcat-us', 'ro-crate', 'prov'].map(
      (format) => `?format=${format}`,
    ),
    '?format=croissant&purpose=train',
  ],
  '/v1/versions/{id}': ['?purpose=explore', '?purpose=train'],
  '/v1/versions/{id}/slice': ['?path=/a'],
  '/v1/ledger/consistency': ['?from=1&to=2'],
};

const oai = 'metadataPrefix=oai_datacite';
/** Reads that no document lists: pages, OAI-PMH, health. */
const others = (ids: readonly string[]): Ask[] => [
  ...[
    '/',
    '/datasets',
    '/v1/challenges/11',
    '/v1/challenges/3',
    '/oai?verb=Identify',
    '/oai?verb=ListSets',
    '/oai?verb=ListMetadataFormats',
  ].map(get),
  ...[`/oai?verb=ListIdentifiers&${oai}`, `/oai?verb=ListRecords&${oai}`].map(get),
  ...ids
    .filter((id) => kindOf(id) === 'dataset')
    .flatMap((id) => [
      get(`/datasets/${id}`),
      get(`/oai?verb=GetRecord&${oai}&identifier=oai:127.0.0.1:${id}`),
    ]),
];

const post = (path: string, body: unknown): Ask => ({ method: 'POST', path, body });
/** Questions that are asked by POST and change nothing. */
const questions = (ids: readonly string[]): Ask[] =>
  ids.flatMap((id) => [
    post('/v1/policy/explain', { action: 'dataset.read', resource: id, purpose: 'train' }),
    post('/v1/policy/explain', { action: 'dataset.export', resource: id, purpose: 'publish' }),
    ...(kindOf(id) === 'trackingExperiment'
      ? [
          get(`/api/2.0/mlflow/experiments/get?experiment_id=${id}`),
          post('/api/2.0/mlflow/runs/search', { experiment_ids: [id] }),
        ]
      : []),
    ...(kindOf(id) === 'trackedRun' ? [get(`/api/2.0/mlflow/runs/get?run_id=${id}`)] : []),
    ...(kindOf(id) === 'dataset'
      ? [
          post(`/v1/resources/${id}/raise/preview`, { label: { level: 'classified' } }),
          post(`/v1/resources/${id}/releases/preview`, { label: { level: 'public' } }),
        ]
      : []),
  ]);

/** Streams that last are read elsewhere; here they would only wait. */
const isStream = (path: string): boolean => path.endsWith('/events');

/** Every read that names nothing: lists, searches, catalogs, façades. */
export const listsOf = (reads: readonly string[]): Ask[] => [
  ...reads
    .filter((path) => !path.includes('{'))
    .flatMap((path) => (query[path] ?? ['']).map((more) => get(`${path}${more}`))),
  ...others([]),
  post('/v1/ledger/checkpoint', undefined),
  post('/api/2.0/mlflow/experiments/search', { max_results: 1000 }),
  get('/api/2.0/mlflow/registered-models/search'),
  get('/api/2.0/mlflow/model-versions/search'),
];

/** Every read about one of these ids. */
export const readsAbout = (reads: readonly string[], ids: readonly string[]): Ask[] => [
  ...reads.flatMap((path) => {
    const kinds = takes[path];
    if (kinds === undefined || isStream(path)) return [];
    const fitting = ids.filter((id) => kinds.includes(kindOf(id) as IdKind));
    return fitting.flatMap((id) =>
      (query[path] ?? ['']).map((more) =>
        get(`${path.replace('{*}', 'output.json').replace(/\{\w+\}/, id)}${more}`),
      ),
    );
  }),
  ...others(ids)
    .filter(({ path }) => path.includes('_'))
    .filter(({ path }) => ids.some((id) => path.includes(id))),
  ...questions(ids),
];
