import {
  Table as ArrowTable,
  Field,
  Float64,
  RecordBatch,
  Schema,
  tableFromArrays,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256, trainedModel, trees } from '../../../test/model-made.ts';
import { both, internal, type ModelsWorld, modelsWorld, open } from '../../../test/models-world.ts';
import { node, onnxModel } from '../../../test/onnx-made.ts';
import { requireAuthentication } from '../../identity/index.ts';
import { createApp, createLog, systemClock } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { moveStage } from '../registry/stages.ts';
import { view } from '../views.ts';
import { servingRoutes } from './routes.ts';
import { createServing, type Serving } from './serving.ts';

let world: ModelsWorld;
let by: PrincipalFacts;
let serving: Serving;
let app: Awaited<ReturnType<typeof createApp>>;
let id: string;
let openId: string;

const badShape = onnxModel([node('Identity', ['z'], ['y'])], [['z', 2]], [['y', 2]]);
/** Says two numbers of each row where one is asked for. */
const twoValues = onnxModel([node('Identity', ['x'], ['y'])], [['x', 2]], [['y', 2]]);
beforeAll(async () => {
  world = await modelsWorld({
    good: async () => ({ exitCode: 0, outputs: trainedModel() }),
    unfit: async () => ({
      exitCode: 0,
      outputs: trainedModel(
        { files: [{ path: 'model.onnx', format: 'onnx', sha256: sha256(badShape) }] },
        { 'model.onnx': badShape },
      ),
    }),
    wide: async () => ({
      exitCode: 0,
      outputs: trainedModel(
        { files: [{ path: 'model.onnx', format: 'onnx', sha256: sha256(twoValues) }] },
        { 'model.onnx': twoValues },
      ),
    }),
    curves: async () => ({
      exitCode: 0,
      outputs: trainedModel({ inputs: [{ name: 'q', kind: 'curve', unit: null }] }),
    }),
    unserved: async () => ({ exitCode: 0, outputs: trainedModel({ serving: null }) }),
  });
  by = world.person('org_a', both);
  for (const name of ['good', 'unfit', 'wide', 'curves', 'unserved'])
    await world.runs.runs.register(by, world.manifest(name, name));
  const train = async (program: string, versions: string[] = []) =>
    (await world.modelOf(by, await world.train(by, program, versions))).row.id;
  id = await train('good', [await world.table(by, 'data', internal)]);
  openId = await train('good', [await world.table(by, 'public data', open)]);
  serving = createServing({ door: world.door, blobs: world.blobs, clock: systemClock, models: world.models });
  app = await createApp({
    log: createLog({ level: 'silent' }),
    bodyLimitBytes: 200_000,
    title: 'T',
    version: '1',
  });
  requireAuthentication(app, { authenticate: async (bearer) => world.people.get(bearer) });
  const predict = async () => [];
  servingRoutes(app, { models: world.models, door: world.door, predict, serving });
  await serving.start(by, id);
  await serving.start(by, openId);
}, 120_000);
afterAll(async () => {
  serving.close();
  await app.close();
  await world.runs.stop();
});

type Said = {
  predictions: { value: number; low: number; high: number; outside?: string[] }[];
  detail?: string;
  name: string;
  version: number;
  label: object;
  level: number;
};
async function ask(payload: string | Buffer | object, type = 'application/json', as = by, of = id) {
  const answer = await app.inject({
    method: 'POST',
    url: `/v1/models/${of}/predict`,
    headers: { authorization: `Bearer ${as.id}`, 'content-type': type },
    payload: payload as never,
  });
  return { status: answer.statusCode, text: answer.body, json: () => answer.json<Said>() };
}
const rows = [
  { carbon: 0.25, temperature: 0.5 },
  { carbon: 0.9, temperature: 1.5 },
];
const expected = rows.map(({ carbon, temperature }) => trees.predict([carbon, temperature]));

test('JSON, CSV and Arrow give what the trees say, with intervals, flags, version and label', async () => {
  const said = (await ask({ rows, units: { carbon: '%' } })).json();
  expect(said).toMatchObject({ name: 'good', version: 1, label: internal, level: 0.9 });
  for (const [at, one] of said.predictions.entries()) {
    expect(one.value).toBeCloseTo(expected[at]!, 4);
    expect([one.low, one.high]).toEqual([expect.closeTo(one.value - 2, 4), expect.closeTo(one.value + 2, 4)]);
  }
  expect(said.predictions.map(({ outside }) => outside)).toEqual([undefined, ['temperature']]);
  const csv = 'temperature [K],"carbon"\r\n0.5,0.25\n1.5,0.9\n';
  expect((await ask(csv, 'text/csv')).json().predictions).toEqual(said.predictions);
  const table = tableFromArrays({
    carbon: Float64Array.of(0.25, 0.9),
    temperature: Float64Array.of(0.5, 1.5),
  });
  const stream = Buffer.from(tableToIPC(table, 'stream'));
  expect((await ask(stream, 'application/vnd.apache.arrow.stream')).json().predictions).toEqual(
    said.predictions,
  );
});

test('a unit that is another, and columns that are missing or unknown, are refused by name', async () => {
  const wrong = await ask({ rows, units: { temperature: '°C' } });
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('the model takes it in')]);
  const csv = await ask('temperature [°C],carbon [%]\n1,1\n', 'text/csv');
  expect(csv.text).toContain('units.temperature');
  const schema = new Schema([
    new Field('carbon', new Float64(), true, new Map([['unit', 'ppm']])),
    new Field('temperature', new Float64(), true),
  ]);
  const plain = tableFromArrays({ carbon: Float64Array.of(1), temperature: Float64Array.of(1) });
  const arrow = new ArrowTable(
    schema,
    plain.batches.map((batch) => new RecordBatch(schema, batch.data)),
  );
  const arrowSaid = await ask(
    Buffer.from(tableToIPC(arrow, 'stream')),
    'application/vnd.apache.arrow.stream',
  );
  expect(arrowSaid.text).toContain('units.carbon');
  const columns = await ask({ rows: [{ carbon: 1, pressure: 2 }] });
  expect(columns.status).toBe(400);
  expect(columns.text).toMatch(/rows\.temperature: missing.*rows\.pressure: no input of this model/);
});

const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
const hostile: [string, string | Buffer | object, string][] = [
  ['no JSON', '{"rows":', 'application/json'],
  ['NaN', '{"rows":[{"carbon":NaN,"temperature":1}]}', 'application/json'],
  ['a number too large', '{"rows":[{"carbon":1e999,"temperature":1}]}', 'application/json'],
  ['beyond 32 bits', { rows: [{ carbon: 1e300, temperature: 1 }] }, 'application/json'],
  ['text for a number', { rows: [{ carbon: '1', temperature: 1 }] }, 'application/json'],
  ['null', { rows: [{ carbon: null, temperature: 1 }] }, 'application/json'],
  ['a list for a row', { rows: [[1, 2]] }, 'application/json'],
  ['no rows', { rows: [] }, 'application/json'],
  ['rows of two shapes', { rows: [{ carbon: 1, temperature: 1 }, { carbon: 1 }] }, 'application/json'],
  ['prototype keys', '{"rows":[{"__proto__":{"carbon":1},"temperature":1}]}', 'application/json'],
  ['constructor', '{"rows":[{"constructor":1,"carbon":1,"temperature":1}]}', 'application/json'],
  ['deep nesting', `{"rows":[{"carbon":${deep},"temperature":1}]}`, 'application/json'],
  ['a huge body', `{"rows":[{"carbon":1,"temperature":"${'x'.repeat(300_000)}"}]}`, 'application/json'],
  ['unknown fields', { rows: [{ carbon: 1, temperature: 1 }], more: 1 }, 'application/json'],
  ['the wrong content type', 'carbon', 'text/plain'],
  ['CSV without rows', 'carbon,temperature\n', 'text/csv'],
  ['CSV that ends in quotes', 'carbon,temperature\n"1,2\n', 'text/csv'],
  ['CSV with a short line', 'carbon,temperature\n1\n', 'text/csv'],
  ['CSV with infinity', 'carbon,temperature\nInfinity,NaN\n', 'text/csv'],
  ['CSV of bytes', Buffer.from([0xff, 0xfe, 0, 1]), 'text/csv'],
  ['a column twice', 'carbon,carbon,temperature\n1,2,3\n', 'text/csv'],
  ['no Arrow', Buffer.from('ARROW1 but not really'), 'application/vnd.apache.arrow.stream'],
  [
    'cut Arrow',
    Buffer.from(tableToIPC(tableFromArrays({ carbon: Float64Array.of(1, 2) }), 'stream')).subarray(0, 150),
    'application/vnd.apache.arrow.stream',
  ],
  [
    'text in Arrow',
    Buffer.from(
      tableToIPC(
        new ArrowTable({ carbon: vectorFromArray(['a']), temperature: vectorFromArray(['b']) }),
        'stream',
      ),
    ),
    'application/vnd.apache.arrow.stream',
  ],
];
test.for(hostile)(
  '%s is refused with a plain reason and costs nobody else anything',
  async ([, payload, type]) => {
    const before = serving.processOf(id);
    const [bad, good] = await Promise.all([ask(payload, type), ask({ rows })]);
    expect(bad.status).toBeGreaterThanOrEqual(400);
    expect(bad.status).toBeLessThan(500);
    expect(bad.text).not.toMatch(/node_modules|at .*\.ts:/);
    expect(good.status).toBe(200);
    expect(serving.processOf(id)).toBe(before);
  },
);

test('flipping bytes of an Arrow stream never costs more than its own answer', async () => {
  const stream = Buffer.from(
    tableToIPC(
      tableFromArrays({ carbon: Float64Array.of(0.25), temperature: Float64Array.of(0.5) }),
      'stream',
    ),
  );
  for (let at = 0; at < stream.length; at += 7) {
    const changed = Buffer.from(stream);
    changed[at] = changed[at]! ^ 0xff;
    const { status } = await ask(changed, 'application/vnd.apache.arrow.stream');
    expect([200, 400]).toContain(status);
  }
  expect((await ask({ rows })).status).toBe(200);
});

test('callers at the same time are computed together, each with its own answer', async () => {
  const counts = serving.countsOf(openId)!;
  const before = { ...counts };
  const calls = Array.from({ length: 200 }, (_, at) => ({ carbon: at / 200, temperature: 1 - at / 200 }));
  const said = await Promise.all(calls.map((row) => ask({ rows: [row] }, 'application/json', by, openId)));
  for (const [at, { carbon, temperature }] of calls.entries())
    expect(said[at]!.json().predictions[0]!.value).toBeCloseTo(trees.predict([carbon, temperature]), 4);
  expect(counts.calls - before.calls).toBe(200);
  expect(counts.batches - before.batches).toBeLessThan(150);
});

test('a process that dies fails what it was computing at most, and the next call has another', async () => {
  const pid = serving.processOf(id)!;
  const calls = Array.from({ length: 50 }, () => ask({ rows }));
  process.kill(pid, 'SIGKILL');
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
  await expect.poll(async () => (await ask({ rows })).status).toBe(200);
  expect(serving.processOf(id)).not.toBe(pid);
  expect((await ask({ rows }, 'application/json', by, openId)).status).toBe(200);
});

test('each call is decided: label, purpose and role, and uses of what is not public enter the ledger', async () => {
  const entries = async (of: string) =>
    (
      await world.database.pool.query(
        `select effect, actor, details from ledger_entry join ledger_detail on entry = id where resource = $1 and action = 'model.predict'`,
        [of],
      )
    ).rows;
  const [before, openBefore] = [await entries(id), await entries(openId)];
  const uncleared = world.person('org_a', open);
  expect((await ask({ rows }, 'application/json', uncleared)).status).toBe(404);
  expect((await ask({ rows: 'nonsense' }, 'application/json', uncleared)).status).toBe(400);
  const auditor = world.person('org_a', both, 'auditor');
  expect((await ask({ rows }, 'application/json', auditor)).status).toBe(403);
  const stranger = world.person('org_b', open);
  expect((await ask({ rows }, 'application/json', stranger, openId)).status).toBe(200);
  await Promise.all([1, 2, 3, 4, 5].map(() => ask({ rows })));
  const added = (await entries(id)).slice(before.length);
  expect(added.filter(({ effect }) => effect === 'deny')).toHaveLength(2);
  const own = added.filter(({ actor }) => actor === by.id);
  expect(own.reduce((sum, { details }) => sum + details.calls, 0)).toBe(5);
  expect(own.reduce((sum, { details }) => sum + details.rows, 0)).toBe(10);
  expect(await entries(openId)).toEqual(openBefore);
  world.people.set(uncleared.id, { ...uncleared, clearance: both });
  expect((await ask({ rows }, 'application/json', world.people.get(uncleared.id))).status).toBe(200);
  world.people.set(uncleared.id, uncleared);
  expect((await ask({ rows }, 'application/json', uncleared)).status).toBe(404);
});

test('what cannot be served says why; what was stopped answers no more, and a restart goes on serving', async () => {
  const modelOf = async (program: string) =>
    (await world.modelOf(by, await world.train(by, program, []))).row.id;
  await expect(serving.start(by, await modelOf('unfit'))).rejects.toThrow('model.json names x');
  await expect(serving.start(by, await modelOf('wide'))).rejects.toThrow(
    'the output y has 2 numbers for 1 rows, where 1 is expected for each',
  );
  await expect(serving.start(by, await modelOf('unserved'))).rejects.toThrow(
    /left no ONNX file to serve.*--model mdl_/,
  );
  const curves = await modelOf('curves');
  await expect(serving.start(by, curves)).rejects.toThrow(/is a curve, which only the program.*--model ID/);
  const { row, facts } = await world.models.find(world.door.authorize(by, 'infer'), curves);
  expect(view(row, facts).registered?.servable).toBe(false);
  const third = await modelOf('good');
  expect((await ask({ rows }, 'application/json', by, third)).text).toContain('genesis model serve');
  await serving.start(by, third);
  const again = createServing({
    door: world.door,
    blobs: world.blobs,
    clock: systemClock,
    models: world.models,
  });
  const columns = new Map(Object.entries({ carbon: [0.25], temperature: [0.5] }));
  const said = await again.predict(by, third, { rows: 1, columns, units: new Map() });
  expect(said.predictions[0]!.value).toBeCloseTo(expected[0]!, 4);
  again.close();
  await serving.stop(by, third);
  expect((await ask({ rows }, 'application/json', by, third)).status).toBe(409);
  await expect(serving.start(world.person('org_a', open), id)).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
});

test('a version that is retired while it is being started is not served', async () => {
  for (let round = 0; round < 3; round++) {
    const { id: version } = (await world.modelOf(by, await world.train(by, 'good', []))).row;
    const starting = serving.start(by, version).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, round * 150));
    await moveStage({ door: world.door, clock: systemClock }, by, version, { to: 'retired', reason: 'old' });
    serving.forget(version);
    await starting;
    expect((await ask({ rows }, 'application/json', by, version)).status).toBe(409);
    expect(serving.processOf(version)).toBeUndefined();
  }
}, 60_000);
