import { GenesisError, invalidField } from '@genesis/contracts';
import { and, eq, inArray } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../door/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { assertWriter, beyondRun, noteRead, notFound, scopeOf, within, write } from './access.ts';
import { findExperiment } from './experiments.ts';
import { assertCount, assertName, assertTag, cutTag, mostParameters, mostTags } from './limits.ts';
import { insertParameters, parametersOf } from './parameters.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { findTracked, type TrackedRow } from './runs.ts';
import {
  type LoggedModelStatus,
  loggedModel,
  modelMetric,
  registeredModel,
  registeredVersion,
  type Tag,
} from './tables.ts';
import { deleteTag, setTags, tagsOf } from './tags.ts';

export type LoggedModelRow = typeof loggedModel.$inferSelect;
type ModelPoint = typeof modelMetric.$inferSelect;
export type ShownModel = {
  row: LoggedModelRow;
  tags: Tag[];
  params: Tag[];
  metrics: ModelPoint[];
  /** Names and numbers under which it is registered. */
  registrations: { name: string; version: string }[];
};
type Found = { row: LoggedModelRow; facts: ResourceFacts };

export async function findLoggedModel(parts: TrackingParts, caller: Caller, id: string): Promise<Found> {
  const scope = scopeOf(parts, caller);
  const [found] = await scope.orm
    .select()
    .from(loggedModel)
    .innerJoin(resource, eq(resource.id, loggedModel.governedBy))
    .where(
      and(
        eq(loggedModel.id, id),
        eq(loggedModel.lifecycle, 'active'),
        within(scope, caller, loggedModel.genesisRun),
      ),
    );
  if (found !== undefined) return { row: found.logged_model, facts: factsOf(found.resource) };
  throw caller.run === null ? notFound('logged model', id) : beyondRun('this logged model');
}

/** Refuses a model that the caller may not see, or that another label governs than the run that measured it. */
export async function assertModel(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  { governedBy }: Pick<TrackedRow, 'governedBy'>,
): Promise<void> {
  const { row } = await findLoggedModel(parts, caller, id);
  if (row.governedBy === governedBy) return;
  const message = `the logged model ${id} belongs to another experiment: its figures would carry another label than the run's`;
  throw new GenesisError({ code: 'unsupported', message: `model_id: ${message}` });
}

export type NewLoggedModel = {
  experiment: string;
  name: string | undefined;
  modelType: string;
  sourceRun: string | undefined;
  params: readonly Tag[];
  tags: readonly Tag[];
};

export async function createLoggedModel(
  parts: TrackingParts,
  caller: Caller,
  wanted: NewLoggedModel,
): Promise<LoggedModelRow> {
  const { row: experiment } = await findExperiment(parts, caller, wanted.experiment);
  assertWriter(caller, experiment);
  assertCount(wanted.tags.length, mostTags, 'tags');
  for (const tag of wanted.tags) assertTag(tag, 'run');
  const name = wanted.name === undefined || wanted.name === '' ? 'model' : wanted.name;
  assertModelName(name);
  const sourceRun = wanted.sourceRun === '' ? undefined : wanted.sourceRun;
  if (sourceRun !== undefined) {
    const { row } = await findTracked(parts, caller, sourceRun);
    assertWriter(caller, row);
    if (row.experiment !== experiment.id)
      throw invalidField('source_run_id', `the run ${sourceRun} is not in experiment ${experiment.id}`);
  }
  const now = parts.clock.now().getTime();
  const row: LoggedModelRow = {
    ...{ id: parts.ids.next('loggedModel'), experiment: experiment.id, governedBy: experiment.governedBy },
    ...{
      genesisRun: caller.run,
      sourceRun: sourceRun ?? null,
      name,
      modelType: wanted.modelType.slice(0, 500),
    },
    ...{ status: 'LOGGED_MODEL_PENDING', lifecycle: 'active', createdAt: now, updatedAt: now },
  };
  await write(parts, caller, { governedBy: row.governedBy, thing: row.id, written: wanted }, async (tx) => {
    await tx.insert(loggedModel).values(row);
    await insertParameters(tx, row.id, wanted.params);
    await setTags(tx, row.id, wanted.tags.map(cutValue));
  });
  return row;
}

const cutValue = ({ key, value }: Tag): Tag => ({ key, value: cutTag(value) });

function assertModelName(name: string): void {
  assertName(name);
  if (/[/:.%"']/.test(name)) throw invalidField('name', 'must not hold "/", ":", ".", "%", or quotes');
}

const change = async (
  parts: TrackingParts,
  caller: Caller,
  id: string,
  written: unknown,
  act: Parameters<typeof write<void>>[3],
): Promise<void> => {
  const { row } = await findLoggedModel(parts, caller, id);
  await write(parts, caller, { governedBy: row.governedBy, thing: id, written }, async (tx) => {
    await act(tx);
    await tx
      .update(loggedModel)
      .set({ updatedAt: parts.clock.now().getTime() })
      .where(eq(loggedModel.id, id));
  });
};

export async function finalizeLoggedModel(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  status: LoggedModelStatus,
): Promise<void> {
  assertWriter(caller, (await findLoggedModel(parts, caller, id)).row);
  await change(parts, caller, id, { status }, async (tx) => {
    await tx.update(loggedModel).set({ status }).where(eq(loggedModel.id, id));
  });
}

export async function deleteLoggedModel(parts: TrackingParts, caller: Caller, id: string): Promise<void> {
  await change(parts, caller, id, { lifecycle: 'deleted' }, async (tx) => {
    await tx.update(loggedModel).set({ lifecycle: 'deleted' }).where(eq(loggedModel.id, id));
  });
}

export async function tagLoggedModel(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  tags: readonly Tag[],
): Promise<void> {
  assertCount(tags.length, mostTags, 'tags');
  for (const tag of tags) assertTag(tag, 'run');
  await change(parts, caller, id, tags, (tx) => setTags(tx, id, tags.map(cutValue)));
}

export async function untagLoggedModel(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  key: string,
): Promise<void> {
  await change(parts, caller, id, { key }, async (tx) => {
    if (!(await deleteTag(tx, id, key))) throw notFound('tag', key);
  });
}

export async function logModelParameters(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  params: readonly Tag[],
): Promise<void> {
  assertCount(params.length, mostParameters, 'params');
  assertWriter(caller, (await findLoggedModel(parts, caller, id)).row);
  await change(parts, caller, id, params, (tx) => insertParameters(tx, id, params));
}

/** Logged models with all that belongs to them. */
export async function showLoggedModels(
  parts: TrackingParts,
  caller: Caller,
  found: readonly Found[],
): Promise<ShownModel[]> {
  const scope = scopeOf(parts, caller);
  const ids = found.map(({ row }) => row.id);
  const [tags, params, metrics, registrations] = await Promise.all([
    tagsOf(scope, ids),
    parametersOf(scope, ids),
    ids.length === 0 ? [] : scope.orm.select().from(modelMetric).where(inArray(modelMetric.model, ids)),
    registrationsOf(scope, ids),
  ]);
  await noteRead(
    parts,
    scope,
    found.map(({ facts }) => facts),
  );
  return found.map(({ row }) => ({
    row,
    tags: tags.get(row.id) ?? [],
    params: params.get(row.id) ?? [],
    metrics: metrics.filter(({ model }) => model === row.id),
    registrations: registrations
      .filter(({ model }) => model === row.id)
      .map(({ name, number }) => ({ name, version: String(number) })),
  }));
}

const registrationsOf = async (scope: ReadScope, ids: readonly string[]) =>
  ids.length === 0
    ? []
    : await scope.orm
        .select({
          model: registeredVersion.loggedModel,
          name: registeredModel.name,
          number: registeredVersion.number,
        })
        .from(registeredVersion)
        .innerJoin(registeredModel, eq(registeredModel.id, registeredVersion.model))
        .innerJoin(resource, eq(resource.id, registeredModel.id))
        .where(and(inArray(registeredVersion.loggedModel, [...ids]), scope.where));

export const getLoggedModel = async (parts: TrackingParts, caller: Caller, id: string) =>
  (await showLoggedModels(parts, caller, [await findLoggedModel(parts, caller, id)]))[0]!;
