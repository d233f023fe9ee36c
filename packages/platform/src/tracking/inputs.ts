import { invalidField } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import type { WriteTx } from '../door/index.ts';
import { assertWriter, write } from './access.ts';
import { assertCount, assertKey, mostTags } from './limits.ts';
import { assertModel } from './logged-models.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { findTracked, lockActive } from './runs.ts';
import { type Tag, trackedDataset, trackedModelUse, trackingTag } from './tables.ts';

export type DatasetInput = {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema?: string | undefined;
  profile?: string | undefined;
  tags: readonly Tag[];
};

const mostDatasets = 100;
const mostModels = 100;
/** Longest texts of a description, in characters. */
const longest = {
  name: 500,
  digest: 36,
  sourceType: 200,
  source: 65_535,
  schema: 1_048_575,
  profile: 1_048_575,
};
const contextTag = 'mlflow.data.context';

function assertDataset(dataset: DatasetInput, at: number): void {
  for (const [field, most] of Object.entries(longest)) {
    const value = dataset[field as keyof typeof longest];
    if (value !== undefined && value.length > most)
      throw invalidField(
        `datasets[${at}].${field}`,
        `is ${value.length} characters long; at most ${most} are allowed`,
      );
  }
  if (dataset.name === '') throw invalidField(`datasets[${at}].name`, 'expected a name that is not empty');
  assertCount(dataset.tags.length, mostTags, `datasets[${at}].tags`);
  for (const { key, value } of dataset.tags) {
    if (key.length > 255 || value.length > 500)
      throw invalidField(`datasets[${at}].tags`, 'keys have at most 255 characters, values at most 500');
  }
}

async function insertUses(
  tx: WriteTx,
  run: string,
  use: 'input' | 'output',
  models: readonly { model: string; step: number }[],
): Promise<void> {
  for (const { model, step } of [...models].sort((a, b) => (a.model < b.model ? -1 : 1)))
    await tx.insert(trackedModelUse).values({ run, model, use, step }).onConflictDoNothing();
}

/** Records which datasets and logged models a run read. What was recorded already stays as it is. */
export async function logInputs(
  parts: TrackingParts,
  caller: Caller,
  run: string,
  given: { datasets: readonly DatasetInput[]; models: readonly string[] },
): Promise<void> {
  assertCount(given.datasets.length, mostDatasets, 'datasets');
  assertCount(given.models.length, mostModels, 'models');
  given.datasets.forEach(assertDataset);
  const { row } = await findTracked(parts, caller, run);
  assertWriter(caller, row);
  for (const model of given.models) await assertModel(parts, caller, model, row);
  await write(parts, caller, { governedBy: row.governedBy, thing: run, written: given }, async (tx) => {
    await lockActive(tx, run);
    for (const { tags, schema = null, profile = null, ...dataset } of given.datasets) {
      const context = tags.find(({ key }) => key === contextTag)?.value ?? null;
      await tx
        .insert(trackedDataset)
        .values({ run, ...dataset, schema, profile, context, tags: [...tags] })
        .onConflictDoNothing();
    }
    const models = given.models.map((model) => ({ model, step: 0 }));
    await insertUses(tx, run, 'input', models);
  });
}

/** Records which logged models a run left, and at which step. */
export async function logOutputs(
  parts: TrackingParts,
  caller: Caller,
  run: string,
  models: readonly { model: string; step: number }[],
): Promise<void> {
  assertCount(models.length, mostModels, 'models');
  const { row } = await findTracked(parts, caller, run);
  assertWriter(caller, row);
  for (const { model } of models) await assertModel(parts, caller, model, row);
  await write(parts, caller, { governedBy: row.governedBy, thing: run, written: models }, async (tx) => {
    await lockActive(tx, run);
    await insertUses(tx, run, 'output', models);
  });
}

const historyTag = 'mlflow.log-model.history';
const longestModel = 1_000_000;

/** Adds the description of a model to those that the run has as a tag: how clients before MLflow 3 record models. */
export async function logModelDescription(
  parts: TrackingParts,
  caller: Caller,
  run: string,
  description: Record<string, unknown>,
): Promise<void> {
  assertKey(historyTag, 'key');
  const missing = ['artifact_path', 'utc_time_created', 'flavors'].find(
    (field) => !Object.hasOwn(description, field),
  );
  if (missing !== undefined) throw invalidField('model_json', `misses the field ${missing}`);
  const { row } = await findTracked(parts, caller, run);
  assertWriter(caller, row);
  await write(parts, caller, { governedBy: row.governedBy, thing: run, written: description }, async (tx) => {
    await lockActive(tx, run, 'update');
    const [known] = await tx
      .select()
      .from(trackingTag)
      .where(and(eq(trackingTag.thing, run), eq(trackingTag.key, historyTag)));
    const all = known === undefined ? [] : listIn(known.value);
    const value = JSON.stringify([...all, description]);
    if (value.length > longestModel)
      throw invalidField('model_json', `all descriptions of a run have at most ${longestModel} characters`);
    await tx
      .insert(trackingTag)
      .values({ thing: run, key: historyTag, value })
      .onConflictDoUpdate({ target: [trackingTag.thing, trackingTag.key], set: { value } });
  });
}

/** The list in a tag that anybody may have set. */
function listIn(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidField(historyTag, 'the tag of the run is no JSON: delete it first', { cause: error });
  }
  if (!Array.isArray(value)) throw invalidField(historyTag, 'the tag of the run is no list: delete it first');
  return value;
}
