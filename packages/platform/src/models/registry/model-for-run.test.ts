import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256, trainedModel } from '../../../test/model-made.ts';
import { both, cui, internal, type ModelsWorld, modelsWorld } from '../../../test/models-world.ts';
import { systemClock } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { moveStage } from './stages.ts';

let world: ModelsWorld;
let by: PrincipalFacts;

beforeAll(async () => {
  world = await modelsWorld({
    good: async () => ({ exitCode: 0, outputs: trainedModel() }),
    // tells what it sees: every file below inputs with its hash
    look: async ({ spec }) => {
      const seen = await Promise.all(
        spec.inputs.map(async ({ path, source }) => [path, sha256(await readFile(source))]),
      );
      return { exitCode: 0, outputs: { 'output.json': JSON.stringify(Object.fromEntries(seen)) } };
    },
  });
  by = world.person('org_a', both);
  for (const name of ['good', 'look']) await world.runs.runs.register(by, world.manifest(name, name));
}, 120_000);
afterAll(async () => {
  await world.runs.stop();
});

const trained = async (label = cui, conditions = {}) => {
  const version = await world.table(by, `table-${Math.random()}`, label, conditions);
  const run = await world.train(by, 'good', [version]);
  // by its row: one that may not be asked is in no list
  const rowsOf = async () =>
    (await world.database.pool.query<{ id: string }>('select id from model where run = $1', [run])).rows;
  await expect.poll(rowsOf, { timeout: 120_000 }).toHaveLength(1);
  return (await rowsOf())[0]!;
};
const applied = (who: PrincipalFacts, model: string, more: object = {}) =>
  world.runs.runs.submit(who, {
    ...{ capability: 'look', input: {}, datasets: [], purpose: 'infer' as const, model },
    ...more,
  });
const over = async (id: string) => {
  const state = async () =>
    (
      await world.database.pool.query<{ state: string; output: { value: Record<string, string> } }>(
        'select state, output from run where id = $1',
        [id],
      )
    ).rows[0];
  await expect.poll(async () => (await state())?.state, { timeout: 120_000 }).toMatch(/succeeded|failed/);
  return await state();
};

test('a run reads the files of a model, has its label, and is told to have used it', async () => {
  const model = await trained();
  const { id } = await applied(by, model.id);
  const ended = await over(id);
  expect(ended?.state).toBe('succeeded');
  const files = trainedModel();
  expect(ended?.output.value).toMatchObject({
    'model/model.json': sha256(files['model/model.json']!),
    'model/model.onnx': sha256(files['model/model.onnx']!),
  });
  const { rows } = await world.database.pool.query(
    'select label_level, label_categories from resource where id = $1',
    [id],
  );
  expect(rows).toEqual([{ label_level: 2, label_categories: ['cui'] }]);
  const edges = await world.database.pool.query(
    'select object from ledger_edge where subject = $1 and relation = $2',
    [id, 'used'],
  );
  expect(edges.rows.map(({ object }) => object)).toContain(model.id);
});

test('a model that may not be known of is not there; its conditions decide about the purpose', async () => {
  const model = await trained(cui);
  const other = world.person('org_b', internal);
  await world.runs.runs.register(other, world.manifest('look-elsewhere', 'look'));
  const elsewhere = { capability: 'look-elsewhere' };
  const hidden = await applied(other, model.id, elsewhere).catch((error: unknown) => error);
  const absent = await applied(other, 'mdl_01jd8x3k2v9q7r5t1w4y6z8abc', elsewhere).catch(
    (error: unknown) => error,
  );
  expect(hidden).toMatchObject({ failure: { code: 'not-found' } });
  expect((hidden as Error).message).toBe((absent as Error).message);
  const only = await trained(internal, { purposes: ['train', 'explore'] });
  await expect(applied(by, only.id)).rejects.toMatchObject({
    failure: { code: expect.stringMatching(/^(denied|not-found)$/) },
  });
  const explored = await applied(by, only.id, { purpose: 'explore' });
  expect((await over(explored.id))?.state).toBe('succeeded');
});

test('what could hide a file of the model, a retired version and a run that trains are refused', async () => {
  const model = await trained(internal);
  const version = await world.table(by, 'beside', internal);
  await expect(applied(by, model.id, { datasets: [{ name: 'model/model.onnx', version }] })).rejects.toThrow(
    /"model\/model\.onnx" is taken twice/,
  );
  await expect(applied(by, model.id, { purpose: 'train' })).rejects.toThrow(/trains reads no model yet/);
  await moveStage({ door: world.door, clock: systemClock }, by, model.id, {
    to: 'retired',
    reason: 'a better one is there',
  });
  await expect(applied(by, model.id)).rejects.toThrow(/retired version is not read/);
});
