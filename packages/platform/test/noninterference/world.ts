import { createHash } from 'node:crypto';
import { type Conditions, type Label, type Purpose, purposes } from '@genesis/contracts';
import { canonicalRowKey, type SplitRule, sideOf } from '@genesis/evidence';
import { type Cast, makeCast } from './cast.ts';
import { call, until } from './client.ts';
import { type Actor, joined, type Kind, type Thing } from './oracle.ts';
import type { Server } from './server.ts';

/** What a world is drawn from. */
export type Seed = {
  number: number;
  clearances: Label[];
  labels: { table: Label; split: Label; people: Label; tool: Label; rival: Label };
  purposes: Purpose[];
};

export type World = {
  cast: Cast;
  things: Thing[];
  /** Values of the sealed rows: nobody may ever receive one. */
  sealed: string[];
  /** Numbers of the rows that may be seen: what statistics must be made of. */
  explored: number[];
  /** What went into the requests that made the world: replayed by others. */
  replays: { path: string; body: unknown; key: string }[];
};

const fresh = (label: Label) => ({ label });

/** Text and numbers that occur nowhere else: each names what it would give away. */
export function createCanaries(salt: string) {
  let made = 0;
  const digest = (): string => createHash('sha256').update(`${salt}/${++made}`).digest('hex');
  return {
    /** Twelve letters, with a beginning that no id has. */
    word: (): string =>
      `zq${digest()
        .slice(0, 10)
        .replaceAll(/./g, (c) => String.fromCharCode(97 + Number.parseInt(c, 16)))}`,
    /** Nine digits and a fraction: exact in binary, the same text everywhere. */
    number: (): number => 100_000_000 + (Number.parseInt(digest().slice(0, 8), 16) % 800_000_000) + 0.125,
  };
}

type Job = {
  id: string;
  state: string;
  dataset: string | null;
  version: string | null;
  split: string | null;
  failure: unknown;
};

/** Makes a world through the API alone, by people who are cleared for it. */
export async function buildWorld(server: Server, seed: Seed): Promise<World> {
  const canaries = createCanaries(`world ${seed.number}`);
  const { word, number } = canaries;
  const cast = await makeCast(server, `${seed.number}-${word()}`, seed.clearances);
  const { owner, rival, orgA, orgB } = cast;
  const things: Thing[] = [];
  const replays: World['replays'] = [];
  const ask = <T>(by: Actor, method: string, path: string, body?: unknown, key?: string): Promise<T> => {
    if (key !== undefined) replays.push({ path, body, key });
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return call<T>(server.url, by.token, { method, path, headers, ...(body === undefined ? {} : { body }) });
  };
  const readings: Record<Kind, string> = {
    dataset: 'dataset.read',
    version: 'dataset.read',
    split: 'dataset.read',
    upload: 'dataset.import',
    entry: 'ledger.read',
    capability: 'capability.read',
    run: 'run.read',
    campaign: 'campaign.read',
    experiment: 'campaign.read',
    hypothesis: 'campaign.read',
    model: 'model.read',
  };
  const add = (
    kind: Kind,
    id: string,
    governed: { label: Label; organisation?: string; purposes?: readonly Purpose[] },
    secrets: readonly (string | number)[],
    more: Partial<Thing> = {},
  ): void => {
    const { label, organisation = orgA, purposes: free = purposes } = governed;
    const words = [id, ...secrets.map(String)];
    things.push({
      kind,
      id,
      organisation,
      label,
      purposes: free,
      canaries: words,
      reading: readings[kind],
      ...more,
    });
  };

  async function importTable(by: Actor, request: Record<string, unknown>, csv: string): Promise<Job> {
    const { id } = await ask<Job>(by, 'POST', '/v1/imports', request);
    await call(server.url, by.token, { method: 'PUT', path: `/v1/imports/${id}/content`, content: csv });
    return await until(
      () => ask<Job>(by, 'GET', `/v1/imports/${id}`),
      ({ state }) => state === 'done' || state === 'failed',
    );
  }

  // A table that nobody cut.
  const { labels } = seed;
  const table = [word(), word(), word(), word()] as const;
  const conditions: Partial<Conditions> = { purposes: seed.purposes, licences: [word()] };
  const governed = { label: labels.table, purposes: seed.purposes };
  const cells = Array.from({ length: 12 }, () => [word(), number()] as const);
  const plain = await importTable(
    owner,
    { name: table[0], description: table[1], source: table[2], label: labels.table, conditions },
    `${table[3]},y${table[3]} (${table[3].slice(2, 8)})\n${cells.map((row) => row.join(',')).join('\n')}\n`,
  );
  if (plain.state !== 'done') throw new Error(JSON.stringify(plain));
  const told = [...table, ...(conditions.licences ?? []), ...cells.flat()];
  add('dataset', plain.dataset!, governed, told);
  add('version', plain.version!, governed, told);
  add('upload', plain.id, governed, [plain.dataset!, plain.version!], { submitter: owner.id });

  // An import that fails tells its submitter which cells were bad.
  const bad = word();
  const failed = await importTable(
    owner,
    { name: word(), label: labels.table, types: { y: 'number' } },
    `x,y\n1,2\n2,${bad}\n`,
  );
  if (failed.state !== 'failed') throw new Error('the broken table was imported');
  add('upload', failed.id, { label: labels.table }, [bad], { submitter: owner.id });

  // A table that is cut at import; what is learnt from it.
  const [name, category, objective] = [word(), word(), word()];
  const rows = Array.from({ length: 60 }, (_, i) => ({
    a: i % 30,
    b: `${category}${(i * 7) % 5}`,
    note: word(),
    y: number(),
  }));
  const cut = await importTable(
    owner,
    {
      name,
      label: labels.split,
      split: { inputs: ['a', 'b'], seed: word(), confirmFraction: 0.5 },
    },
    `a,b,note,${objective}\n${rows.map(({ a, b, note, y }) => `${a},${b},${note},${y}`).join('\n')}\n`,
  );
  if (cut.state !== 'done') throw new Error(JSON.stringify(cut));
  const { rule } = await ask<{ rule: SplitRule }>(owner, 'GET', `/v1/splits/${cut.split}`);
  const sideOfRow = ({ a, b }: (typeof rows)[number]) => sideOf(rule, canonicalRowKey({ a, b }));
  const seen = rows.filter((row) => sideOfRow(row) === 'explore');
  const sealed = rows
    .filter((row) => sideOfRow(row) === 'confirm')
    .flatMap(({ note, y }) => [note, String(y)]);
  const secretsOfCut = [name, category, objective, ...seen.flatMap(({ note, y }) => [note, y])];
  for (const [kind, id] of [
    ['dataset', cut.dataset],
    ['version', cut.version],
    ['split', cut.split],
  ] as const) {
    add(kind, id!, fresh(labels.split), secretsOfCut);
  }

  // People record what they measured.
  const purpose = word();
  const plan = {
    title: purpose,
    challenge: 11,
    source: { kind: 'people' },
    objective: { name: word(), unit: word().slice(0, 8), goal: { kind: 'maximize' } },
    space: { parameters: [{ kind: 'categorical', name: word(), choices: Array.from({ length: 8 }, word) }] },
    budget: 4,
    starts: 2,
    seed: word(),
    label: labels.people,
  };
  const key = word();
  const people = await ask<{ id: string; entry: string }>(owner, 'POST', '/v1/campaigns', plan, key);
  const words = [purpose, plan.objective.name, plan.objective.unit, plan.seed];
  const space = plan.space.parameters.flatMap((one) => [one.name, ...one.choices]);
  const reasons: (string | number)[] = [];
  const experiments: string[] = [];
  for (let block = 0, finished = false; !finished; block++) {
    const { items } = await ask<{ items: { id: string }[] }>(
      owner,
      'POST',
      `/v1/campaigns/${people.id}/suggestions`,
      {},
    );
    const results = items.map(({ id }, i) => {
      const outcome =
        block === 0 && i === 0
          ? { status: 'failed', reason: word() }
          : { status: 'measured', value: number() };
      reasons.push(...Object.values(outcome).filter((one) => one !== 'failed' && one !== 'measured'));
      return { experiment: id, outcome };
    });
    experiments.push(...items.map(({ id }) => id));
    ({ finished } = await ask<{ finished: boolean }>(owner, 'POST', `/v1/campaigns/${people.id}/results`, {
      results,
    }));
  }
  const secretsOfPeople = [...words, ...space, ...reasons];
  add('campaign', people.id, fresh(labels.people), [...secretsOfPeople, ...experiments, people.entry]);
  for (const id of experiments) add('experiment', id, fresh(labels.people), [], { campaign: people.id });
  await learn(people.id, labels.people, false);

  // A campaign on the explore part of the table.
  const replay = await ask<{ id: string; entry: string }>(owner, 'POST', '/v1/campaigns', {
    title: word(),
    challenge: 11,
    source: { kind: 'table', version: cut.version, split: cut.split, inputs: ['a', 'b'] },
    objective: { name: objective, goal: { kind: 'maximize' } },
    budget: 4,
    seed: word(),
  });
  add('campaign', replay.id, fresh(labels.split), [replay.entry]);
  await until(
    () => ask<{ campaign: { state: string } }>(owner, 'GET', `/v1/campaigns/${replay.id}`),
    ({ campaign }) => campaign.state === 'explored',
  );
  await learn(replay.id, labels.split, true);
  const runsOfReplay = await ask<{ items: { id: string; capability: string }[] }>(
    owner,
    'GET',
    `/v1/runs?campaign=${replay.id}&limit=200`,
  );
  for (const { id } of runsOfReplay.items) {
    if (things.some((thing) => thing.id === id)) continue;
    add('run', id, fresh(labels.split), [], { reading: 'campaign.read', campaign: replay.id });
  }

  /** A model of a campaign, and a hypothesis about it with its verdict. */
  async function learn(campaign: string, label: Label, claims: boolean): Promise<void> {
    const modelName = word();
    const { run } = await ask<{ run: string }>(owner, 'POST', `/v1/campaigns/${campaign}/models`, {
      name: modelName,
    });
    const trained = await until(
      () =>
        ask<{ run: { status: string }; output: { model: string } | null }>(owner, 'GET', `/v1/runs/${run}`),
      (one) => one.run.status === 'succeeded' || one.run.status === 'failed',
    );
    add('run', run, fresh(label), [modelName], { reading: 'campaign.read', campaign });
    add('model', trained.output!.model, fresh(label), [modelName], { campaign });
    // What people measure afresh the platform cannot confirm by itself.
    if (!claims) return;
    const frozen = await ask<{ id: string; claimHash: string; freezeEntry: string }>(
      owner,
      'POST',
      `/v1/campaigns/${campaign}/hypotheses`,
      {
        kind: 'prediction',
        confidence: 0.6 + seed.number / 1000 + 0.00010123,
      },
    );
    add('hypothesis', frozen.id, fresh(label), [frozen.claimHash, frozen.freezeEntry], { campaign });
    await ask(owner, 'POST', `/v1/hypotheses/${frozen.id}/open`);
    await until(
      () => ask<{ state: string }>(owner, 'GET', `/v1/hypotheses/${frozen.id}`),
      ({ state }) => state === 'concluded',
    );
  }

  // A command, and runs of it: one on its own, one that reads the table.
  const tool = `c${word()}`;
  const made = await ask<{ capabilityId: string; digest: string }>(owner, 'POST', '/v1/capabilities', {
    name: tool,
    version: '1.0.0',
    summary: word(),
    profile: 'analysis',
    implementation: {
      kind: 'command',
      executable: '/bin/sh',
      arguments: ['-c', 'cat inputs/input.json; echo; cat inputs/input.json > output.json'],
    },
    input: { type: 'object' },
    output: { type: 'object' },
    labelRule: { atLeast: labels.tool },
  });
  add('capability', made.capabilityId, fresh(labels.tool), [tool, made.digest], { name: tool });
  const runs = [
    { label: labels.tool, datasets: [], free: purposes },
    {
      label: joined(labels.tool, labels.table),
      datasets: [{ name: 'table', version: plain.version }],
      free: seed.purposes,
    },
  ];
  for (const { label, datasets, free } of runs) {
    const secret = { value: word(), amount: number() };
    const { id } = await ask<{ id: string }>(
      owner,
      'POST',
      '/v1/runs',
      { capability: tool, input: secret, datasets },
      word(),
    );
    const ended = await until(
      () => ask<{ run: { status: string } }>(owner, 'GET', `/v1/runs/${id}`),
      ({ run }) => ['succeeded', 'failed', 'cancelled'].includes(run.status),
    );
    if (ended.run.status !== 'succeeded') throw new Error(JSON.stringify(ended));
    add('run', id, { label, purposes: free }, Object.values(secret));
  }

  // Something of another organisation.
  const foreign = [word(), word()] as const;
  const other = await importTable(
    rival,
    { name: foreign[0], label: labels.rival },
    `${foreign[1]}\n${cells.map((_, i) => i).join('\n')}\n`,
  );
  for (const [kind, id] of [
    ['dataset', other.dataset],
    ['version', other.version],
  ] as const) {
    add(kind, id!, { label: labels.rival, organisation: orgB }, foreign);
  }

  await addEntries(server, things);
  return { cast, things, sealed, explored: seen.map(({ y }) => y), replays };
}

/** The ids of the ledger entries about a thing give away that it exists. */
async function addEntries(server: Server, things: Thing[]): Promise<void> {
  const found = await server.query<{ id: string; resource: string; actor: string }>(
    'select id, resource, actor from ledger_entry where resource = any($1) order by inserted',
    [things.map(({ id }) => id)],
  );
  for (const thing of [...things]) {
    const own = found.filter(({ resource }) => resource === thing.id);
    thing.canaries.push(...own.map(({ id }) => id));
    const first = own.at(0);
    if (first !== undefined) things.push({ ...thing, kind: 'entry', id: first.id, canaries: [] });
  }
}
