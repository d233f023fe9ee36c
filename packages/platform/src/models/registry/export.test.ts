import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { modelExport, parseEnvelope, parseStatement, readZip, verifyModelExport } from '@genesis/evidence';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trainedModel } from '../../../test/model-made.ts';
import { both, internal, type ModelsWorld, modelsWorld, open } from '../../../test/models-world.ts';
import { pythonWith } from '../../../test/python-environment.ts';
import type { PrincipalFacts, ResourceFacts } from '../../policy/index.ts';
import { bomOf, exportModel } from './export-model.ts';
import type { Materials } from './parts.ts';
import type { RegisteredRow } from './rows.ts';

const sha = (digit: string): string => digit.repeat(64);
const materials: Materials = {
  environment: async () => ({
    python: '3.11',
    packages: [
      { name: 'lightgbm', version: '4.6.0', sha256: [sha('a')] },
      { name: 'Some_Package', version: '1.0', sha256: [sha('b'), sha('c')] },
    ],
  }),
  sources: async () => [{ path: 'genesis_tabular/train.py', sha256: sha('d') }],
};

let world: ModelsWorld;
let by: PrincipalFacts;
let row: RegisteredRow;
let facts: ResourceFacts;
let version: string;
beforeAll(async () => {
  world = await modelsWorld({ good: async () => ({ exitCode: 0, outputs: trainedModel() }) }, { materials });
  by = world.person('org_a', both);
  await world.runs.runs.register(by, world.manifest('good', 'good'));
  version = await world.table(by, 'data', internal);
  const found = await world.modelOf(by, await world.train(by, 'good', [version]));
  row = found.row as RegisteredRow;
  ({ facts } = found);
}, 120_000);
afterAll(() => world.runs.stop());

test('the bill of materials validates, strictly, and names model, figures, data, code and packages with hashes', async () => {
  const { bom } = await bomOf(world.registry, row, facts);
  const problems = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bom);
  expect(problems).toBeNull();
  const broken = bom.replace('"machine-learning-model"', '"machine-learned-model"');
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(broken)).not.toBeNull();
  const document = JSON.parse(bom);
  const { component } = document.metadata;
  expect(component).toMatchObject({ type: 'machine-learning-model', name: 'good', version: '1' });
  expect(component.modelCard.quantitativeAnalysis.performanceMetrics).toEqual([
    {
      ...{ type: 'mae (MPa)', value: '0.25', slice: 'outer folds (n = 12)' },
      confidenceInterval: { lowerBound: '0.2', upperBound: '0.3' },
    },
  ]);
  expect(component.modelCard.modelParameters.datasets).toEqual([{ ref: `data:${version}` }]);
  const named = new Map(document.components.map((one: { name: string }) => [one.name, one]));
  expect(named.get('lightgbm')).toMatchObject({
    purl: 'pkg:pypi/lightgbm@4.6.0',
    hashes: [{ alg: 'SHA-256', content: sha('a') }],
  });
  expect(named.get('table-0.parquet')).toMatchObject({
    type: 'data',
    hashes: [{ content: row.origin.data[0]?.sha256 }],
  });
  expect(JSON.stringify(named.get('good'))).toContain('genesis_tabular/train.py');
  expect((await bomOf(world.registry, row, facts)).bom).toBe(bom);
});

const here = (name: string): string =>
  fileURLToPath(new URL(`../../../test/models/${name}`, import.meta.url));
const python = await pythonWith(here('requirements.txt'));

test.skipIf('missing' in python)(
  `an independent validator accepts the bill of materials, and not a broken one${'missing' in python ? ` (${python.missing})` : ''}`,
  async () => {
    const { bom } = await bomOf(world.registry, row, facts);
    const program = 'program' in python ? python.program : '';
    const validate = (input: string) =>
      spawnSync(program, [here('validate_bom.py')], { input, encoding: 'utf8' });
    expect(validate(bom)).toMatchObject({ status: 0, stderr: '' });
    expect(validate(bom.replace('"machine-learning-model"', '"learned"')).status).toBe(1);
    expect(validate(bom.replace('"performanceMetrics"', '"performance"')).status).toBe(1);
  },
);

test('an export holds what was signed for, by the key of the platform, and tells data, code and environment', async () => {
  const archive = await exportModel(world.registry, by, row, internal);
  const files = new Map(readZip(archive).map(({ name, content }) => [name, content]));
  expect([...files.keys()].sort()).toEqual([
    ...['README.md', 'bom.cdx.json', 'model/model.json', 'model/model.onnx'],
    ...['provenance.intoto.json', 'provenance.key'],
  ]);
  expect(verifyModelExport(files, world.registry.signer.key)).toMatchObject({
    status: 'verified',
    model: row.id,
  });
  const { payload } = parseEnvelope(Buffer.from(files.get(modelExport.provenance)!).toString());
  const { predicate } = parseStatement(payload);
  const named = predicate.buildDefinition.resolvedDependencies.map(({ name, digest }) => [
    name,
    digest.sha256,
  ]);
  expect(named).toEqual([
    ['table-0.parquet', row.origin.data[0]?.sha256],
    ['good@1.0.0', row.origin.capability.digest],
    ['genesis_tabular/train.py', sha('d')],
    ['environment', row.origin.environmentHash],
  ]);
  expect(predicate.runDetails.metadata.invocationId).toBe(row.run);
  files.set('model/model.onnx', Buffer.concat([files.get('model/model.onnx')!, Buffer.of(0)]));
  expect(verifyModelExport(files, world.registry.signer.key).ok).toBe(false);
  expect(Buffer.from(await exportModel(world.registry, by, row, internal)).equals(archive)).toBe(true);
});

test('a model leaves only for where its label may go, and every refusal is entered', async () => {
  const entries = async () =>
    (
      await world.database.pool.query(
        `select effect from ledger_entry where resource = $1 and action = 'model.export' order by inserted`,
        [row.id],
      )
    ).rows.map(({ effect }) => effect);
  const before = (await entries()).length;
  await expect(exportModel(world.registry, by, row, open)).rejects.toMatchObject({
    failure: { code: 'denied', decision: { rationaleCode: 'destination-not-cleared' } },
  });
  const agent = { ...by, kind: 'agent' as const };
  await expect(exportModel(world.registry, agent, row, internal)).rejects.toMatchObject({
    failure: { code: 'denied' },
  });
  expect((await entries()).slice(before)).toEqual(['deny', expect.stringMatching(/deny|conditional/)]);
  const closed = await world.table(by, 'closed', internal, { purposes: ['explore', 'infer', 'train'] });
  const { row: kept } = await world.modelOf(by, await world.train(by, 'good', [closed]));
  await expect(exportModel(world.registry, by, kept as RegisteredRow, internal)).rejects.toMatchObject({
    failure: { code: 'denied' },
  });
});
