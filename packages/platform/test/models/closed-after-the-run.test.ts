import { expect, test } from 'vitest';
import { raise } from '../../src/access/labels/raise.ts';
import { systemClock } from '../../src/kernel/index.ts';
import { registerModel } from '../../src/models/index.ts';
import { trainedModel } from '../model-made.ts';
import { both, internal, modelsWorld } from '../models-world.ts';

test('data that is closed for training after the run is refused at registration', async () => {
  const late = await modelsWorld(
    { good: async () => ({ exitCode: 0, outputs: trainedModel() }) },
    { automatic: false },
  );
  const owner = late.person('org_a', both, 'steward');
  const researcher = late.person('org_a', both);
  await late.runs.runs.register(researcher, late.manifest('good', 'good'));
  const version = await late.table(researcher, 'eight', internal);
  const run = await late.train(researcher, 'good', [version]);
  expect(await late.seen(researcher, run)).toBeUndefined();
  const { facts, version: row } = await late.catalog.showVersion(owner, version, 'explore');
  const parts = { door: late.door, database: late.database, clock: systemClock, everybody: async () => [] };
  const conditions = { ...facts.conditions, purposes: ['evaluate', 'explore', 'infer'] as const };
  await raise(parts, owner, row.dataset, { label: facts.label, conditions: conditions as never }, 'closed');
  await expect(registerModel(late.registry, researcher, { run })).rejects.toMatchObject({
    failure: { code: expect.stringMatching(/^(denied|not-found)$/) },
  });
  expect(await late.models.list(late.door.authorize(owner, 'infer'), 10)).toEqual([]);
  await late.runs.stop();
});
