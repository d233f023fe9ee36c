/** Other catalogs are harvested twice, and a file is fetched from one, while the platform is killed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Read } from '../crash-compute/database.ts';
import { prepareKill, watch } from './kill.ts';
import {
  fileSha256,
  type Generation,
  held,
  type Listed,
  startOtherCatalog,
  wordsOf,
} from './other-catalog.ts';
import { makePerson, type Person } from './people.ts';
import { openWith, type Place } from './place.ts';
import type { OpenScenario } from './series.ts';
import type { Outcome, Trial } from './trial.ts';

type Remote = {
  id: string;
  remoteId: string;
  name: string;
  description: string;
  keywords: string[];
  licences: string[];
  conditions: { licences: string[] };
  vanishedAt: string | null;
};
type Source = {
  id: string;
  state: string;
  runs: number;
  failure: unknown;
  counts: { seen: number; added: number; changed: number; vanished: number };
};
type Page = { items: Remote[]; nextCursor: string | null };

/** A busy machine is no failure. */
const wait = 300_000;
const paths = { oai: ['oai-pmh', '/oai'], dcat: ['dcat-us', '/data.json'] } as const;
const marks = (id: string, generation: Generation): string => {
  const { name, description, keywords, licences } = wordsOf(id, generation);
  return JSON.stringify([name, description, keywords, licences, licences]);
};

/** The generation that every word of a record is of; null where they are of different ones, or of none. */
function generationOf(remote: Remote): Generation | null {
  const { remoteId, name, description, keywords, licences, conditions } = remote;
  const said = JSON.stringify([name, description, keywords, licences, conditions.licences]);
  return ([1, 2] as const).find((one) => said === marks(remoteId, one)) ?? null;
}

/** All records of a source by pages. While a harvest goes on some may be passed over, since the order is by news. */
async function remotesOf(get: <T>(path: string) => Promise<T>, source: string): Promise<Remote[]> {
  const found: Remote[] = [];
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page = await get<Page>(`/v1/remote-datasets?source=${source}&vanished=true&limit=200${from}`);
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

/** A look at a source at any moment: whole records only, none twice, none that goes back to what it was, none marked too early. */
function looker(steward: Person, source: string, which: Listed): () => Promise<string[]> {
  const newest = new Map<string, Generation>();
  const [before, after] = [held(which, 1), held(which, 2)];
  return async () => {
    const found = await remotesOf((path) => steward.once('GET', path), source);
    const broken: string[] = [];
    if (new Set(found.map(({ remoteId }) => remoteId)).size < found.length) broken.push('a record twice');
    for (const remote of found) {
      const { remoteId, vanishedAt } = remote;
      const generation = generationOf(remote);
      if (generation === null) broken.push(`half a record: ${JSON.stringify(remote)}`);
      else if (generation < (newest.get(remoteId) ?? 1)) broken.push(`${remoteId} went back`);
      else newest.set(remoteId, generation);
      if (!before.has(remoteId) && !after.has(remoteId)) broken.push(`${remoteId} is in neither catalog`);
      if (vanishedAt !== null && after.has(remoteId)) broken.push(`${remoteId} is marked as vanished`);
    }
    return broken;
  };
}

const entriesSql = `
  select details->>'stage' as stage, (details->>'run')::int as run, count(*)::int as entries,
    sum((details->>'added')::int)::int as added, sum((details->>'changed')::int)::int as changed,
    sum((details->>'vanished')::int)::int as vanished, sum((details->>'seen')::int)::int as seen
  from ledger_entry join ledger_detail on entry = id
  where resource = $1 and action = 'harvest.run' and effect = 'allow' group by 1, 2`;
type Entries = Source['counts'] & { stage: string; run: number; entries: number };

/** What is in the ledger of a harvest is what it did. */
async function checkEntries(
  read: Read,
  { id }: Source,
  counts: readonly Source['counts'][],
): Promise<string[]> {
  const rows = await read<Entries>(entriesSql, [id]);
  const broken: string[] = [];
  for (const [at, expected] of counts.entries()) {
    const run = at + 1;
    const of = rows.filter((row) => row.run === run);
    for (const stage of ['begun', 'ended']) {
      const times = of.find((row) => row.stage === stage)?.entries ?? 0;
      if (times !== 1) broken.push(`harvest ${run} of ${id} is in the ledger as ${stage} ${times} times`);
    }
    for (const [name, wanted] of Object.entries(expected)) {
      const told = of
        .filter(({ stage }) => stage !== 'begun')
        .reduce((all, row) => all + row[name as keyof Source['counts']], 0);
      if (told !== wanted)
        broken.push(`harvest ${run} of ${id}: ${wanted} ${name}, and ${told} in the ledger`);
    }
  }
  const orphans = await read<{ id: string }>(
    `select coalesce(remote_dataset.id, resource.id) as id from remote_dataset
       full join (select id from resource where kind = 'remote') as resource on resource.id = remote_dataset.id
     where remote_dataset.id is null or resource.id is null`,
  );
  return [...broken, ...orphans.map(({ id: orphan }) => `${orphan} is half there`)];
}

async function harvestTwice(
  { steward, host, show }: World,
  { which, key, read }: { which: Listed; key: string; read: Read },
): Promise<{ source: Source; looks: number; broken: string[] }> {
  const [kind, path] = paths[which];
  const made = await steward.write<Source>(
    'POST',
    '/v1/harvests',
    { kind, url: `http://${host}${path}` },
    `${key}-add`,
  );
  const stop = watch(looker(steward, made.id, which));
  const broken: string[] = [];
  const counts: Source['counts'][] = [];
  let source = made;
  const [first, second] = [held(which, 1), held(which, 2)];
  const expected = [
    { seen: first.size, added: first.size, changed: 0, vanished: 0 },
    {
      ...{ seen: second.size, added: [...second.keys()].filter((id) => !first.has(id)).length },
      changed: [...second].filter(([id, of]) => first.has(id) && of === 2).length,
      vanished: [...first.keys()].filter((id) => !second.has(id)).length,
    },
  ];
  for (const generation of [1, 2] as const) {
    await show(generation);
    await steward.write('POST', `/v1/harvests/${made.id}/run`, {}, `${key}-run-${generation}`);
    for (const until = Date.now() + wait; ; await pause(100)) {
      source = await steward.get<Source>(`/v1/harvests/${made.id}`);
      if (source.state !== 'running' || Date.now() > until) break;
    }
    const { state, failure, runs } = source;
    if (state !== 'idle' || runs !== generation)
      broken.push(`harvest ${generation} of ${which} is ${state} (${runs}): ${JSON.stringify(failure)}`);
    const wanted = expected[generation - 1]!;
    if (JSON.stringify(source.counts) !== JSON.stringify(wanted))
      broken.push(`${which}: ${JSON.stringify(source.counts)} instead of ${JSON.stringify(wanted)}`);
    counts.push(wanted);
    const found = await remotesOf((one) => steward.get(one), made.id);
    const holds = held(which, generation);
    const live = found.filter(({ vanishedAt }) => vanishedAt === null);
    if (live.length !== holds.size || live.some((one) => holds.get(one.remoteId) !== generationOf(one)))
      broken.push(`${which}: what is listed after harvest ${generation} is not what the catalog holds`);
    if (found.length - live.length !== wanted.vanished)
      broken.push(`${which}: ${found.length - live.length} marked as vanished instead of ${wanted.vanished}`);
  }
  broken.push(...(await checkEntries(read, source, counts)));
  const seen = await stop();
  return { source, looks: seen.looks, broken: [...broken, ...seen.broken] };
}

type Job = { id: string; state: string; failure: unknown; dataset: string; version: string };

/** A file comes in once, with the bytes that the other catalog names. */
async function fetchOnce(steward: Person, source: string, name: string): Promise<string[]> {
  const [remote] = (await remotesOf((path) => steward.get(path), source)).filter(
    (one) => one.vanishedAt === null,
  );
  if (remote === undefined) return ['there is nothing to fetch'];
  const path = `/v1/remote-datasets/${remote.id}/fetch`;
  const { id } = await steward.write<Job>('POST', path, { name }, name.replace(' ', '-'));
  let job: Job;
  for (const until = Date.now() + wait; ; await pause(100)) {
    job = await steward.get<Job>(`/v1/imports/${id}`);
    if (job.state === 'done' || job.state === 'failed' || Date.now() > until) break;
  }
  if (job.state !== 'done') return [`the fetch is ${job.state}: ${JSON.stringify(job.failure)}`];
  const { sha256 } = await steward.get<{ sha256: string }>(`/v1/versions/${job.version}`);
  const { items } = await steward.get<{ items: { name: string }[] }>('/v1/datasets?limit=200');
  const same = items.filter((one) => one.name === name).length;
  return [
    ...(sha256 === fileSha256 ? [] : ['the fetched file has another SHA-256']),
    ...(same === 1 ? [] : [`the fetched dataset is there ${same} times`]),
  ];
}

type World = { steward: Person; host: string; show: (generation: Generation) => Promise<void> };

async function runTrial(
  place: Place,
  catalog: { host: string; show(generation: Generation): void },
  steward: Person,
  trial: Trial,
): Promise<Outcome> {
  const { read } = place;
  const key = `harvest-${trial.number}`;
  // both are harvested in one generation before either is in the next
  let arrived = 0;
  let release: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    release = resolve;
  });
  catalog.show(1);
  const world: World = {
    ...{ steward, host: catalog.host },
    show: async (generation) => {
      if (generation === 1) return;
      arrived += 1;
      if (arrived === 2) {
        catalog.show(2);
        release();
      }
      await both;
    },
  };
  const kill = await prepareKill(place, trial);
  if ('afterMs' in trial.when) kill.begin(trial.when.afterMs);
  const dcat = async () => {
    const { broken, looks, source } = await harvestTwice(world, {
      which: 'dcat',
      key: `${key}-dcat`,
      read,
    });
    return {
      looks,
      broken: [...broken, ...(await fetchOnce(steward, source.id, `fetched ${trial.number}`))],
    };
  };
  const done = await Promise.all([
    harvestTwice(world, { which: 'oai', key: `${key}-oai`, read }).finally(release),
    dcat().finally(release),
  ]);
  const killed = await kill.over();
  const left = await place.leftOver();
  return {
    did: `4 harvests, 1 fetch, ${done[0].looks + done[1].looks} looks`,
    killed,
    broken: [...done.flatMap(({ broken }) => broken), ...left.map((what) => `left over: ${what}`)],
  };
}

export const openHarvests: OpenScenario = async (_, opened) => {
  const catalog = await startOtherCatalog();
  try {
    return await openWith('folder', ['--harvest-hosts', catalog.host], opened, async (place) => {
      const { organisation } = await place.admin<{ organisation: string }>('GET', '/v1/me');
      const head = await makePerson(place, 'first steward', organisation, { role: 'steward' });
      const clearance = { level: 'internal', categories: [] };
      const steward = await makePerson(place, 'steward', organisation, {
        role: 'steward',
        clearance,
        by: head,
      });
      return {
        run: (trial: Trial) => runTrial(place, catalog, steward, trial),
        close: () => catalog.close(),
      };
    });
  } catch (error) {
    await catalog.close();
    throw error;
  }
};
