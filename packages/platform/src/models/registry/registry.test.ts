import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256, trainedModel } from '../../../test/model-made.ts';
import { both, cui, internal, type ModelsWorld, modelsWorld, open } from '../../../test/models-world.ts';
import { field, message, node, onnxModel } from '../../../test/onnx-made.ts';
import { systemClock } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { cardOf } from '../card.ts';
import { registerModel } from './register.ts';
import type { RegisteredRow } from './rows.ts';

let world: ModelsWorld;
let by: PrincipalFacts;
let steward: PrincipalFacts;
let late: ModelsWorld;

const pii = { level: 'internal' as const, categories: ['pii'] };
const asFile = (path: string, content: Uint8Array | string, format = 'json') => ({
  files: [{ path, format, sha256: sha256(content) }],
  serving: null,
});
const zip = Buffer.from('504b0304140000000000', 'hex');
const pickle = Buffer.from('80049503000000000000004b012e', 'hex');
const external = onnxModel(
  [node('Identity', ['x'], ['y'])],
  [['x', 2]],
  [['y', 2]],
  [
    field(
      5,
      message(
        field(1, 2),
        field(2, 1),
        field(8, 'w'),
        field(13, message(field(1, 'location'), field(2, '/etc/passwd'))),
      ),
    ),
  ],
);
const custom = onnxModel([node('Launch', ['x'], ['y'], 'com.example')], [['x', 2]], [['y', 2]]);
const bomb = onnxModel(
  [node('Identity', ['x'], ['y'])],
  [['x', 2]],
  [['y', 2]],
  [field(5, message(field(1, 2_000_000_000), field(2, 1), field(8, 'w')))],
);

/** What is refused, by the program that leaves it: the reason that is told. */
const refusals: Record<string, [Record<string, Uint8Array | string>, RegExp]> = {
  pickle: [
    trainedModel(asFile('m.json', pickle), { 'm.json': pickle }),
    /m\.json: is said to be json, and it is a pickle/,
  ],
  torch: [
    trainedModel(asFile('m.safetensors', zip, 'safetensors'), { 'm.safetensors': zip }),
    /zip archive, as torch\.save/,
  ],
  joblib: [
    trainedModel(asFile('m.json', Buffer.from('789c00', 'hex')), { 'm.json': Buffer.from('789c00', 'hex') }),
    /as joblib does/,
  ],
  oldpickle: [
    trainedModel(asFile('m.json', 'cos\nsystem\n(S'), { 'm.json': 'cos\nsystem\n(S' }),
    /pickle in its oldest form/,
  ],
  unknown: [
    trainedModel(asFile('m.txt', 'hello', 'lightgbm'), { 'm.txt': 'hello' }),
    /does not begin as the text of a LightGBM/,
  ],
  beside: [trainedModel({}, { 'more.pkl': pickle }), /more\.pkl: is not named in model\.json/],
  hash: [trainedModel({}, { 'model.onnx': custom }), /model\.onnx: has the SHA-256/],
  external: [
    trainedModel(
      { files: [{ path: 'model.onnx', format: 'onnx', sha256: sha256(external) }] },
      { 'model.onnx': external },
    ),
    /lies in another file/,
  ],
  custom: [
    trainedModel(
      { files: [{ path: 'model.onnx', format: 'onnx', sha256: sha256(custom) }] },
      { 'model.onnx': custom },
    ),
    /operator Launch is one of com\.example/,
  ],
  bomb: [
    trainedModel(
      { files: [{ path: 'model.onnx', format: 'onnx', sha256: sha256(bomb) }] },
      { 'model.onnx': bomb },
    ),
    /more values than the file has bytes for/,
  ],
  nul: [{ ...trainedModel({ seeds: ['\0'] }) }, /NUL characters/],
  climbs: [
    trainedModel({ files: [{ path: '../x', format: 'json', sha256: sha256('x') }] }),
    /files\.0\.path: expected a path/,
  ],
};

beforeAll(async () => {
  const good = async () => ({ exitCode: 0, outputs: trainedModel() });
  const hostileNames = trainedModel({
    outputs: [{ name: '<img src=x onerror=alert(1)> | [a](https://example.org)', unit: '**MPa**' }],
    metrics: [{ name: 'mae` `', value: 1, on: 'www.example.org\n# heading', n: 1 }],
  });
  world = await modelsWorld({
    good,
    names: async () => ({ exitCode: 0, outputs: hostileNames }),
    ...Object.fromEntries(
      Object.entries(refusals).map(([name, [outputs]]) => [name, async () => ({ exitCode: 0, outputs })]),
    ),
  });
  by = world.person('org_a', both);
  steward = world.person('org_a', both, 'steward');
  for (const name of ['good', 'names', ...Object.keys(refusals)])
    await world.runs.runs.register(by, world.manifest(name, name));
  late = await modelsWorld({ good }, { automatic: false });
}, 120_000);
afterAll(async () => {
  await world.runs.stop();
  await late.runs.stop();
});

test('a model of two labels carries their join, lineage, hashes and what was measured; its run has one', async () => {
  const [a, b] = [await world.table(by, 'one', cui), await world.table(by, 'two', pii)];
  const run = await world.train(by, 'good', [a, b]);
  const { row, facts } = await world.modelOf(by, run);
  expect(row.kind).toBe('registered');
  const model = row as RegisteredRow;
  expect(facts.label).toEqual(both);
  expect(model).toMatchObject({ name: 'good', version: 1, stage: 'candidate' });
  expect(model.files.map(({ path }) => path)).toEqual(['model.json', 'model.onnx']);
  expect(model.origin.data.map(({ version }) => version)).toEqual([a, b]);
  expect(model.origin).toMatchObject({ seeds: ['seed-1'], capability: { name: 'good' } });
  const { rows } = await world.database.pool.query(
    `select relation, object from ledger_edge where subject = $1 order by relation, object`,
    [row.id],
  );
  expect(rows).toEqual([
    ...[a, b, run].sort().map((object) => ({ relation: 'wasDerivedFrom', object })),
    { relation: 'wasGeneratedBy', object: run },
  ]);
  const card = cardOf(row, facts);
  expect(card).toContain('| mae | 0.25 MPa | 0.2 to 0.3 | outer folds | 12 |');
  expect(card).toContain('- Label: controlled with categories cui and pii');
  expect(card).toContain(a);

  const again = await Promise.all([1, 2, 3].map(() => registerModel(world.registry, by, { run })));
  expect(again).toEqual(Array(3).fill({ id: row.id, repeated: true }));
});

test('nobody sees, moves or exports a model whose label their clearance does not reach', async () => {
  const run = await world.train(by, 'good', [
    await world.table(by, 'three', cui),
    await world.table(by, 'four', pii),
  ]);
  const { row } = await world.modelOf(by, run);
  for (const clearance of [open, internal, cui, pii]) {
    const other = world.person('org_a', clearance, 'steward');
    expect(await world.seen(other, run)).toBeUndefined();
    for (const [action, purpose] of [
      ['model.read', 'infer'],
      ['model.predict', 'infer'],
      ['model.serve', 'infer'],
      ['model.export', 'publish'],
      ['model.stage', null],
    ] as const)
      await expect(world.door.use(other, action, row.id, purpose)).rejects.toMatchObject({
        failure: { code: 'not-found' },
      });
  }
  await expect(registerModel(world.registry, world.person('org_a', cui), { run })).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
});

test('versions of one name are counted among what is governed alike, so that no gap tells of a hidden one', async () => {
  const cleared = world.person('org_a', { level: 'controlled', categories: ['cui', 'x'] });
  const secret = await world.table(cleared, 'five', cui);
  const plain = await world.table(cleared, 'six', { level: 'internal', categories: ['x'] });
  const numbers: number[] = [];
  for (const version of [plain, secret, plain]) {
    const run = await world.train(cleared, 'good', [version]);
    numbers.push((await world.modelOf(cleared, run)).row.version);
  }
  expect(numbers).toEqual([1, 1, 2]);
});

test('data whose conditions do not allow training is refused at submission, before anything starts', async () => {
  const closed = await world.table(by, 'seven', internal, {
    purposes: ['evaluate', 'explore', 'infer', 'publish'],
  });
  const count = async () => (await world.database.pool.query('select count(*) from run')).rows[0];
  const before = await count();
  await expect(world.train(by, 'good', [closed])).rejects.toMatchObject({
    failure: { code: expect.stringMatching(/^(denied|not-found)$/) },
  });
  expect(await count()).toEqual(before);
});

test('a person registers what a run left under a name; runs that train nothing have none', async () => {
  const researcher = late.person('org_b', internal);
  await late.runs.runs.register(researcher, late.manifest('good', 'good'));
  const run = await late.train(researcher, 'good', []);
  const made = await registerModel(late.registry, researcher, { run, name: 'steel-strength' });
  expect(made.repeated).toBe(false);
  expect((await late.seen(researcher, run))?.row).toMatchObject({ name: 'steel-strength', version: 1 });
  const explored = await late.train(researcher, 'good', [], 'explore');
  await expect(registerModel(late.registry, researcher, { run: explored })).rejects.toThrow();
});

test.for(Object.entries(refusals))(
  '%s is refused by name, and the log of the run says why',
  async ([name, [, reason]]) => {
    const run = await world.train(by, name, []);
    await expect(registerModel(world.registry, by, { run })).rejects.toThrow(reason);
    await expect
      .poll(async () => (await world.runs.ask(by, 'GET', `/v1/runs/${run}/logs?purpose=train`)).text)
      .toMatch(/Not registered as a model/);
    expect(await world.seen(by, run)).toBeUndefined();
  },
);

test('names that a run gives are text in the card, never markup', async () => {
  const run = await world.train(by, 'names', []);
  const { row, facts } = await world.modelOf(by, run);
  const body = cardOf(row, facts).split('\n---\n')[1]!;
  expect(body).toContain(String.raw`\<img src=x onerror=alert(1)\> \| \[a\](https\://example.org)`);
  expect(body).not.toMatch(/(^|\n)# heading|[^\\]<img|[^\\]\*\*MPa|[^\\]`mae|www\.e/);
});

test('production takes a second person of the owner; every move is in the ledger', async () => {
  const { moveStage, decideStage } = await import('./stages.ts');
  const parts = { door: world.door, clock: systemClock };
  const run = await world.train(by, 'good', [await world.table(by, 'nine', internal)]);
  const { id } = (await world.modelOf(by, run)).row;
  const proposal = async () => await world.models.proposalOf(world.door.authorize(by, 'infer'), id);
  await expect(moveStage(parts, by, id, { to: 'production', reason: 'now' })).rejects.toThrow(
    'candidate; it cannot become production',
  );
  await moveStage(parts, by, id, { to: 'validated', reason: 'looked at' });
  await expect(decideStage(parts, steward, id, null, { agree: true, reason: 'x' })).rejects.toMatchObject({
    failure: { code: 'denied', decision: { rationaleCode: 'two-people' } },
  });
  expect(await moveStage(parts, by, id, { to: 'production', reason: 'good' })).toMatchObject({
    stage: 'validated',
    proposal: { by: by.id },
  });
  const asked = await proposal();
  await expect(decideStage(parts, by, id, asked, { agree: true, reason: 'mine' })).rejects.toMatchObject({
    failure: { code: 'denied', decision: { rationaleCode: 'two-people' } },
  });
  const stranger = world.person('org_b', both, 'steward');
  await expect(decideStage(parts, stranger, id, asked, { agree: true, reason: 'x' })).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
  expect(await decideStage(parts, steward, id, asked, { agree: true, reason: 'yes' })).toMatchObject({
    stage: 'production',
  });
  await expect(decideStage(parts, steward, id, asked, { agree: true, reason: 'again' })).rejects.toThrow(
    'decided meanwhile',
  );
  await moveStage(parts, by, id, { to: 'retired', reason: 'replaced' });
  await expect(moveStage(parts, by, id, { to: 'validated', reason: 'back' })).rejects.toThrow(
    'stays so for good',
  );
  const moves = await world.models.moves(world.door.authorize(by, 'infer'), id);
  expect(moves.map(({ from, to, by: who, askedBy }) => [from, to, who, askedBy])).toEqual([
    ['candidate', 'validated', by.id, null],
    ['validated', 'production', steward.id, by.id],
    ['production', 'retired', by.id, null],
  ]);
  const { rows } = await world.database.pool.query(
    `select action, effect from ledger_entry where resource = $1 and action in ('model.stage', 'model.approve') and id = any($2)`,
    [id, moves.map(({ entry }) => entry)],
  );
  expect(rows).toHaveLength(3);
});

test.for(['version.checked', 'version.registered'])(
  'broken off at %s, a model is registered once',
  async (point) => {
    let broken = 0;
    const crash = {
      reach: (name: string) => {
        if (name !== point || broken > 0) return;
        broken += 1;
        throw new Error('broken off');
      },
    };
    const other = await modelsWorld(
      { good: async () => ({ exitCode: 0, outputs: trainedModel() }) },
      { crash },
    );
    const person = other.person('org_a', internal);
    await other.runs.runs.register(person, other.manifest('good', 'good'));
    const run = await other.train(person, 'good', []);
    await expect.poll(() => broken).toBe(1);
    const { row } = await other.modelOf(person, run);
    const again = await registerModel(other.registry, person, { run });
    expect(again).toEqual({ id: row.id, repeated: true });
    const { rows } = await other.database.pool.query(
      `select count(*)::int as entries from ledger_entry where action = 'model.create' and effect = 'allow'`,
    );
    expect(rows).toEqual([{ entries: 1 }]);
    await other.runs.stop();
  },
);
