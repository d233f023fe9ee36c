import { GenesisError } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { catalogPlatform, free, open } from '../../test/catalog-platform.ts';
import { actUnder } from '../door/index.ts';
import { noCrashPoints, systemClock } from '../kernel/index.ts';
import { createModels, modelNames } from '../models/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { succeeded } from '../runs/index.ts';
import { createEvaluations, evaluationQueues } from './evaluations.ts';
import * as ranking from './functions.ts';
import type { BaselineName, Prediction, Row } from './model.ts';
import type { Predictors } from './parts.ts';
import { findEvaluation } from './store.ts';

const org = 'org_lab';
const seen: { name: string; rows: readonly Row[]; explore?: readonly Row[] }[] = [];
/** How the made-up models of these tests answer, by the id of the model. */
const answers = new Map<string, (row: Row) => Prediction>();

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
const baselines: Record<BaselineName, (explore: readonly Row[], row: Row) => number> = {
  constant: (explore) => mean(explore.map(({ y }) => Number(y))),
  linear: (_explore, { a }) => 2 * Number(a),
  'random-forest': (explore, row) =>
    Number(
      explore.toSorted(
        (p, q) => Math.abs(Number(p['a']) - Number(row['a'])) - Math.abs(Number(q['a']) - Number(row['a'])),
      )[0]?.['y'],
    ),
};
const job = {
  asked: {
    memoryBytes: 1,
    cpuCores: 1,
    nodes: 1,
    gpus: 0,
    processes: 1,
    outputBytes: 1,
    logBytes: 1,
    durationSeconds: 1,
  },
  execution: succeeded(new Date(0), new Date(0)),
};
const predictors = (exploreRows: (version: string) => Promise<Row[]>): Predictors => ({
  model: async ({ name, rows }, { model }) => {
    seen.push({ name, rows });
    return { ...job, predictions: rows.map((row) => answers.get(model)!(row)) };
  },
  baseline: async ({ name, rows }, { baseline, version }) => {
    const explore = await exploreRows(version);
    seen.push({ name, rows, explore });
    return { ...job, predictions: rows.map((row) => ({ value: baselines[baseline](explore, row) })) };
  },
});

/** 200 machines with 4 results each: y = 2 a + b, with what a machine adds to all of its results. */
const table = [
  'machine,a,b,y',
  ...Array.from({ length: 800 }, (_, index) => {
    const machine = index >> 2;
    const [a, b] = [(index * 7) % 50, (index * 13) % 11];
    return `m${machine},${a},${b},${(2 * a + b + ((machine * 37) % 19) / 10).toFixed(2)}`;
  }),
].join('\n');

async function world(perOrganisation = 5) {
  const platform = await catalogPlatform({ queues: evaluationQueues });
  const { door, database, blobs, ids, queue, catalog, directory } = platform;
  let split = '';
  const explore = () =>
    catalog.tables.exploreRows(door.authorize(custodian, 'evaluate'), split, ['a', 'b', 'y']);
  const models = createModels({ door, blobs, clock: systemClock });
  const evaluations = createEvaluations({
    ...{ door, queue, blobs, ids, catalog, models, modelNames, clock: systemClock },
    predictors: predictors(async () => (await explore()) as Row[]),
    crash: noCrashPoints,
    actUnder: (delegation) => actUnder(database, directory, delegation),
    functions: {
      call: async (_ref, input) => ranking.rank(input as ranking.RankRequest) as never,
    },
    challengeExists: async (number) => number === 12,
  });
  await evaluations.start();
  const custodian = platform.person(org, open, 'researcher');
  const job = await platform.importText(
    custodian,
    {
      ...{ name: 'machines', description: '', source: '', label: open, conditions: free },
      split: { group: 'machine', seed: 'cut', confirmFraction: 0.4 },
    },
    table,
  );
  split = job.split!;
  const { id } = await evaluations.create(custodian, {
    ...{ title: 'y of machines', split: job.split!, target: 'y', features: ['a', 'b'], metric: 'mae' },
    ...{ challenge: 12, openings: 6, perOrganisation },
  });
  const model = async (
    by: PrincipalFacts,
    answer: (row: Row) => Prediction,
    label = open,
    conditions = free,
  ) => {
    const modelId = ids.next('model');
    answers.set(modelId, answer);
    await models.create(by, {
      ...{
        id: modelId,
        name: 'made for a test',
        campaign: 'cmp_none',
        run: modelId,
        metrics: [],
        sources: [],
      },
      artifact: { config: { made: modelId }, tensors: {} },
      trainedOn: { experiments: 0, measured: 0, failed: 0, censored: 0, objective: 'y', unit: null },
      facts: { organisation: by.organisation, label, conditions },
    });
    return modelId;
  };
  const board = async (by: PrincipalFacts) => (await evaluations.show(by, id, 'evaluate')).board;
  const settled = async (by: PrincipalFacts) => {
    for (;;) {
      const placed = await board(by);
      if (placed.every(({ submission }) => submission.state !== 'queued')) return placed;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    ...platform,
    evaluations,
    id,
    custodian,
    model,
    settled,
    split: job.split!,
    version: job.version!,
  };
}

const exact = ({ a, b }: Row): Prediction => ({
  value: 2 * Number(a) + Number(b) + 0.9,
  lower: -1e9,
  upper: 1e9,
});

test('baselines are scored at once, models beside them, and ties are told as ties', async () => {
  const { evaluations, id, person, model, settled } = await world();
  const researcher = person('org_elsewhere');
  const good = await model(researcher, exact);
  const alike = await model(researcher, (row) => ({ ...exact(row), value: Number(exact(row).value) + 1e-9 }));
  const first = await evaluations.submit(researcher, id, { model: good, title: 'ours' });
  await evaluations.submit(researcher, id, { model: alike, title: 'ours again' });
  expect(first.opening).toBe(4);
  const placed = await settled(researcher);
  const ranks = Object.fromEntries(placed.map(({ submission, place }) => [submission.title, place?.rank]));
  expect(ranks).toEqual({
    ...{ ours: 1, 'ours again': 1 },
    ...{ 'baseline: linear': 4, 'baseline: random-forest': 3, 'baseline: constant': 5 },
  });
  const ours = placed.find(({ submission }) => submission.title === 'ours')!;
  expect(ours.place?.tiedWith).toHaveLength(1);
  expect(ours.submission.score).toMatchObject({ units: 97, rows: 388, covered: { within: 388, of: 388 } });
  // Machines differ by up to 1.8 from their middle, which no feature tells.
  expect(ours.place!.score).toBeGreaterThan(0.3);
  expect(ours.place!.score).toBeLessThan(0.6);
});

test('a model is given the features and nothing else, in rows that nobody could read', async () => {
  const { id, evaluations, person, model, settled, catalog, door, split } = await world();
  const researcher = person('org_elsewhere');
  seen.length = 0;
  const { id: made } = await evaluations.submit(researcher, id, {
    model: await model(researcher, exact),
    title: 'ours',
  });
  const placed = await settled(researcher);
  const run = placed.find(({ submission }) => submission.id === made)!.submission.run;
  const given = seen.find(({ name }) => name === `${run}-1`)!.rows;
  expect(Object.keys(given[0]!)).toEqual(['a', 'b']);
  const open_ = await catalog.tables.exploreRows(door.authorize(researcher, 'evaluate'), split, [
    'machine',
    'a',
    'b',
    'y',
  ]);
  expect(given).toHaveLength(800 - open_.length);
  await expect(catalog.tables.confirmRows(researcher, split, ['y'])).rejects.toMatchObject({
    failure: { code: 'denied' },
  });
});

test('openings are counted, per organisation and in all, failed ones too, and never given back', async () => {
  const { evaluations, id, person, model, settled } = await world(2);
  const [here, there] = [person('org_here'), person('org_there')];
  const mute = await model(here, () => ({ value: Number.NaN }));
  await evaluations.submit(here, id, { model: mute, title: 'mute' });
  await evaluations.submit(here, id, { model: await model(here, exact), title: 'ours' });
  await expect(evaluations.submit(here, id, { model: mute, title: 'third' })).rejects.toMatchObject({
    failure: { code: 'exhausted', message: expect.stringContaining('its 2 submissions') },
  });
  await evaluations.submit(there, id, { model: await model(there, exact), title: 'theirs' });
  await expect(
    evaluations.submit(there, id, { model: await model(there, exact), title: 'one more' }),
  ).rejects.toMatchObject({
    failure: { code: 'exhausted', message: expect.stringContaining('opened 6 times') },
  });
  const placed = await settled(here);
  const failed = placed.find(({ submission }) => submission.title === 'mute')!;
  expect(failed).toMatchObject({ place: null, submission: { state: 'failed', losses: null } });
  expect(failed.submission.failure).toBe('it gave no usable prediction for 388 of 388 rows');
});

test('a second evaluation of the same rows opens them no more often, and counts with the first', async () => {
  const { evaluations, custodian, split, id, person, model, settled } = await world(1);
  const wanted = { title: 't', split, target: 'y', features: ['a'], metric: 'rmse' as const };
  for (const [field, caps] of [
    ['openings', { openings: 7, perOrganisation: 1 }],
    ['perOrganisation', { openings: 6, perOrganisation: 2 }],
  ] as const)
    await expect(evaluations.create(custodian, { ...wanted, ...caps })).rejects.toMatchObject({
      failure: { problems: [{ field, message: expect.stringContaining(`the same rows serve ${id}`) }] },
    });
  const researcher = person('org_here');
  await settled(researcher);
  const second = await evaluations.create(custodian, { ...wanted, openings: 6, perOrganisation: 1 });
  for (const of of [id, second.id])
    await expect(
      evaluations.submit(researcher, of, { model: await model(researcher, exact), title: 'ours' }),
    ).rejects.toMatchObject({ failure: { code: 'exhausted' } });
});

test('a model above the label of the evaluation is refused, before an opening is spent, and so is one that is hidden', async () => {
  const { evaluations, id, person, model } = await world();
  const secret = { level: 'controlled' as const, categories: [] };
  const cleared = person('org_here', secret);
  const above = await model(cleared, exact, secret);
  await expect(evaluations.submit(cleared, id, { model: above, title: 'above' })).rejects.toMatchObject({
    failure: {
      code: 'invalid-input',
      problems: [{ field: 'model', message: expect.stringContaining('not covered') }],
    },
  });
  await expect(
    evaluations.submit(person('org_here'), id, { model: above, title: 'hidden' }),
  ).rejects.toMatchObject({ failure: { code: 'not-found' } });
  const licensed = await model(cleared, exact, open, { ...free, licences: ['CC-BY-4.0'] });
  await expect(evaluations.submit(cleared, id, { model: licensed, title: 'licensed' })).rejects.toMatchObject(
    {
      failure: { problems: [{ field: 'model', message: expect.stringContaining('its conditions') }] },
    },
  );
  const next = await evaluations.submit(cleared, id, { model: await model(cleared, exact), title: 'fine' });
  expect(next.opening).toBe(4);
});

test('sealed rows serve one use; what is no column, or decides the cut, is refused by name', async () => {
  const { evaluations, custodian, split, id, person, model } = await world();
  const wanted = { title: 't', split, target: 'y', metric: 'mae' as const, openings: 10, perOrganisation: 5 };
  await expect(evaluations.create(custodian, { ...wanted, target: 'z' })).rejects.toMatchObject({
    failure: { problems: [{ field: 'target' }] },
  });
  await expect(evaluations.create(custodian, { ...wanted, target: 'machine' })).rejects.toMatchObject({
    failure: { problems: [{ field: 'metric' }] },
  });
  await expect(
    evaluations.create(custodian, { ...wanted, target: 'machine', metric: 'error-rate' }),
  ).rejects.toMatchObject({
    failure: { problems: [{ field: 'target', message: expect.stringContaining('together') }] },
  });
  await expect(evaluations.create(custodian, { ...wanted, features: ['y'] })).rejects.toMatchObject({
    failure: { problems: [{ field: 'features.0' }] },
  });
  await expect(evaluations.create(custodian, { ...wanted, challenge: 99 })).rejects.toMatchObject({
    failure: { problems: [{ field: 'challenge' }] },
  });
  await expect(evaluations.create(person('org_elsewhere'), wanted)).rejects.toMatchObject({
    failure: { code: 'denied' },
  });
  await evaluations.close(custodian, id);
  const researcher = person('org_here');
  await expect(
    evaluations.submit(researcher, id, { model: await model(researcher, exact), title: 'late' }),
  ).rejects.toMatchObject({ failure: { code: 'conflict' } });
});

test('once the right to open the rows has ended, what waits fails and nothing is submitted any more', async () => {
  const { evaluations, id, custodian, person, model, settled, database, door } = await world();
  const researcher = person('org_here');
  const never = await model(researcher, () => {
    throw new GenesisError({ code: 'unavailable', message: 'Not now.', retryAfterSeconds: 1 });
  });
  await settled(researcher);
  await evaluations.submit(researcher, id, { model: never, title: 'waits' });
  const { row } = await findEvaluation(door.authorize(custodian, 'evaluate'), id);
  await database.pool.query('update delegation set revoked_at = $1 where id = $2', [0, row.delegation]);
  const placed = await settled(researcher);
  expect(placed.find(({ submission }) => submission.title === 'waits')?.submission).toMatchObject({
    state: 'failed',
    failure: expect.stringContaining('to open its rows has ended'),
  });
  await expect(
    evaluations.submit(researcher, id, { model: await model(researcher, exact), title: 'late' }),
  ).rejects.toMatchObject({ failure: { code: 'conflict', message: expect.stringContaining('has ended') } });
}, 60_000);
