import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { factsOf, resource } from '../../door/index.ts';
import { assertPerson, noteRead, scopeOf, within } from '../access.ts';
import { defaultId, findExperiment, showExperiments } from '../experiments.ts';
import { assertCount } from '../limits.ts';
import { showLoggedModels } from '../logged-models.ts';
import type { Caller, TrackingParts } from '../parts.ts';
import { showTracked } from '../read.ts';
import { showNames, showVersions } from '../registry/show.ts';
import {
  latestMetric,
  loggedModel,
  modelMetric,
  registeredModel,
  registeredVersion,
  trackedDataset,
  trackedParameter,
  trackedRun,
  trackingExperiment,
  trackingTag,
} from '../tables.ts';
import { type Beside, compileFilter, compileOrder, type Searchable } from './compile.ts';
import { type Order, parseFilter, parseOrder } from './filter.ts';
import { type Paging, pageAt, pageOfRows } from './paging.ts';

export type View = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';
export type Search = Paging & { filter: string | undefined; orderBy: readonly string[] };

const mostExperiments = 1000;
const mostOrders = 20;

const col = (column: PgColumn): SQL => sql`${column}`;
const viewed = (view: View, lifecycle: PgColumn): SQL =>
  view === 'ALL' ? sql`true` : eq(lifecycle, view === 'ACTIVE_ONLY' ? 'active' : 'deleted');

const tagsBeside = (thing: SQL): Beside => ({
  table: sql`${trackingTag}`,
  belongs: sql`${trackingTag.thing} = ${thing}`,
  value: col(trackingTag.value),
  key: (key) => eq(trackingTag.key, key),
});
const parametersBeside = (thing: PgColumn): Beside => ({
  table: sql`${trackedParameter}`,
  belongs: sql`${trackedParameter.thing} = ${thing}`,
  value: col(trackedParameter.value),
  key: (key) => eq(trackedParameter.key, key),
});

const artifactUri = sql`('mlflow-artifacts:/' || ${trackedRun.experiment} || '/' || ${trackedRun.id} || '/artifacts')`;
const runsSearchable: Searchable = {
  attributes: {
    run_id: { column: col(trackedRun.id), type: 'text', lists: true },
    run_name: { column: col(trackedRun.name), type: 'text' },
    user_id: { column: col(trackedRun.userId), type: 'text' },
    status: { column: col(trackedRun.status), type: 'text' },
    start_time: { column: col(trackedRun.startTime), type: 'number' },
    end_time: { column: col(trackedRun.endTime), type: 'number' },
    artifact_uri: { column: artifactUri, type: 'text' },
  },
  metric: {
    table: sql`${latestMetric}`,
    belongs: sql`${latestMetric.run} = ${trackedRun.id}`,
    value: col(latestMetric.value),
    key: (key) => eq(latestMetric.key, key),
  },
  parameter: parametersBeside(trackedRun.id),
  tag: tagsBeside(col(trackedRun.id)),
  dataset: {
    table: sql`${trackedDataset}`,
    belongs: sql`${trackedDataset.run} = ${trackedRun.id}`,
    columns: {
      name: col(trackedDataset.name),
      digest: col(trackedDataset.digest),
      context: col(trackedDataset.context),
    },
  },
};

const ordersOf = (terms: readonly string[]): Order[] => {
  assertCount(terms.length, mostOrders, 'order_by');
  return terms.map(parseOrder);
};

/** The experiments of a search by the ids that clients know. */
async function experimentsOf(
  parts: TrackingParts,
  caller: Caller,
  ids: readonly string[],
): Promise<string[]> {
  assertCount(ids.length, mostExperiments, 'experiment_ids');
  if (!ids.includes(defaultId)) return [...ids];
  const { row } = await findExperiment(parts, caller, defaultId);
  return ids.map((id) => (id === defaultId ? row.id : id));
}

/** Runs of these experiments that the caller may see. What is hidden, and experiments that do not exist, add nothing. */
export async function searchTracked(
  parts: TrackingParts,
  caller: Caller,
  search: Search & { experiments: readonly string[]; view: View },
) {
  const page = pageAt(parts, 'tracked-runs', search);
  const conditions = compileFilter(runsSearchable, parseFilter(search.filter));
  const order = compileOrder(runsSearchable, ordersOf(search.orderBy));
  const experiments = await experimentsOf(parts, caller, search.experiments);
  const scope = scopeOf(parts, caller);
  const rows = await scope.orm
    .select()
    .from(trackedRun)
    .innerJoin(resource, eq(resource.id, trackedRun.governedBy))
    .where(
      and(
        within(scope, caller, trackedRun.genesisRun),
        sql`${trackedRun.experiment} = any(${sql.param(experiments)}::text[])`,
        viewed(search.view, trackedRun.lifecycle),
        ...conditions,
      ),
    )
    .orderBy(...order, desc(trackedRun.startTime), asc(trackedRun.id))
    .offset(page.offset)
    .limit(page.limit + 1);
  const { items, nextToken } = pageOfRows(parts, 'tracked-runs', rows, page);
  const found = items.map((one) => ({ row: one.tracked_run, facts: factsOf(one.resource) }));
  return { items: await showTracked(parts, caller, found), nextToken };
}

const experimentsSearchable: Searchable = {
  attributes: {
    name: { column: col(trackingExperiment.name), type: 'text' },
    experiment_id: { column: col(trackingExperiment.id), type: 'text', lists: true },
    creation_time: { column: col(trackingExperiment.createdAt), type: 'number' },
    last_update_time: { column: col(trackingExperiment.updatedAt), type: 'number' },
  },
  tag: tagsBeside(col(trackingExperiment.id)),
};

export async function searchExperiments(
  parts: TrackingParts,
  caller: Caller,
  search: Search & { view: View },
) {
  const page = pageAt(parts, 'tracking-experiments', search);
  const conditions = compileFilter(experimentsSearchable, parseFilter(search.filter));
  const order = compileOrder(experimentsSearchable, ordersOf(search.orderBy));
  const scope = scopeOf(parts, caller);
  const rows = await scope.orm
    .select()
    .from(trackingExperiment)
    .innerJoin(resource, eq(resource.id, trackingExperiment.governedBy))
    .where(
      and(
        within(scope, caller, trackingExperiment.genesisRun),
        viewed(search.view, trackingExperiment.lifecycle),
        ...conditions,
      ),
    )
    .orderBy(...order, desc(trackingExperiment.createdAt), desc(trackingExperiment.id))
    .offset(page.offset)
    .limit(page.limit + 1);
  const { items, nextToken } = pageOfRows(parts, 'tracking-experiments', rows, page);
  const found = items.map((one) => ({ row: one.tracking_experiment, facts: factsOf(one.resource) }));
  return { items: await showExperiments(parts, caller, found), nextToken };
}

const times = (created: PgColumn, updated: PgColumn): Searchable['attributes'] => ({
  creation_timestamp: { column: col(created), type: 'number' },
  creation_time: { column: col(created), type: 'number' },
  last_updated_timestamp: { column: col(updated), type: 'number' },
  last_updated_time: { column: col(updated), type: 'number' },
});

const loggedSearchable: Searchable = {
  attributes: {
    ...times(loggedModel.createdAt, loggedModel.updatedAt),
    name: { column: col(loggedModel.name), type: 'text' },
    model_id: { column: col(loggedModel.id), type: 'text', lists: true },
    model_type: { column: col(loggedModel.modelType), type: 'text' },
    status: { column: sql`replace(${loggedModel.status}, 'LOGGED_MODEL_', '')`, type: 'text' },
    source_run_id: { column: col(loggedModel.sourceRun), type: 'text', lists: true },
  },
  metric: {
    table: sql`${modelMetric}`,
    belongs: sql`${modelMetric.model} = ${loggedModel.id}`,
    value: col(modelMetric.value),
    key: (key) => eq(modelMetric.key, key),
  },
  parameter: parametersBeside(loggedModel.id),
  tag: tagsBeside(col(loggedModel.id)),
};

/** Logged models; `orders` come in parts here, not as texts. */
export async function searchLoggedModels(
  parts: TrackingParts,
  caller: Caller,
  search: Paging & { filter: string | undefined; orders: readonly Order[]; experiments: readonly string[] },
) {
  const page = pageAt(parts, 'logged-models', search);
  const conditions = compileFilter(loggedSearchable, parseFilter(search.filter));
  assertCount(search.orders.length, mostOrders, 'order_by');
  const order = compileOrder(loggedSearchable, search.orders);
  const experiments = await experimentsOf(parts, caller, search.experiments);
  const scope = scopeOf(parts, caller);
  const rows = await scope.orm
    .select()
    .from(loggedModel)
    .innerJoin(resource, eq(resource.id, loggedModel.governedBy))
    .where(
      and(
        within(scope, caller, loggedModel.genesisRun),
        eq(loggedModel.lifecycle, 'active'),
        inArray(loggedModel.experiment, experiments.length === 0 ? [''] : experiments),
        ...conditions,
      ),
    )
    .orderBy(...order, desc(loggedModel.createdAt), desc(loggedModel.id))
    .offset(page.offset)
    .limit(page.limit + 1);
  const { items, nextToken } = pageOfRows(parts, 'logged-models', rows, page);
  const found = items.map((one) => ({ row: one.logged_model, facts: factsOf(one.resource) }));
  return { items: await showLoggedModels(parts, caller, found), nextToken };
}

const noPrompt = { 'mlflow.prompt.is_prompt': 'false' };

const namesSearchable: Searchable = {
  attributes: {
    name: { column: col(registeredModel.name), type: 'text', lists: true },
    timestamp: { column: col(registeredModel.updatedAt), type: 'number', only: 'order' },
    creation_timestamp: { column: col(registeredModel.createdAt), type: 'number', only: 'order' },
    last_updated_timestamp: { column: col(registeredModel.updatedAt), type: 'number', only: 'order' },
  },
  tag: { ...tagsBeside(col(registeredModel.id)), without: noPrompt },
};

/** Registered models of the caller's organisation. */
export async function searchNames(parts: TrackingParts, caller: Caller, search: Search) {
  assertPerson(caller, 'the registry of models');
  const page = pageAt(parts, 'registered-models', search);
  const conditions = compileFilter(namesSearchable, parseFilter(search.filter));
  const order = compileOrder(namesSearchable, ordersOf(search.orderBy));
  const scope = scopeOf(parts, caller);
  const rows = await scope.orm
    .select()
    .from(registeredModel)
    .innerJoin(resource, eq(resource.id, registeredModel.id))
    .where(and(scope.where, eq(registeredModel.organisation, caller.principal.organisation), ...conditions))
    .orderBy(...order, asc(registeredModel.name), asc(registeredModel.id))
    .offset(page.offset)
    .limit(page.limit + 1);
  const { items, nextToken } = pageOfRows(parts, 'registered-models', rows, page);
  const found = items.map((one) => ({ row: one.registered_model, facts: factsOf(one.resource) }));
  return { items: await showNames(parts, caller, found), nextToken };
}

const versionsSearchable: Searchable = {
  attributes: {
    name: { column: col(registeredModel.name), type: 'text', lists: true },
    version_number: { column: col(registeredVersion.number), type: 'number' },
    run_id: { column: col(registeredVersion.run), type: 'text', lists: true },
    source_path: { column: col(registeredVersion.source), type: 'text' },
    creation_timestamp: { column: col(registeredVersion.createdAt), type: 'number', only: 'order' },
    last_updated_timestamp: { column: col(registeredVersion.updatedAt), type: 'number', only: 'order' },
  },
  tag: {
    ...tagsBeside(sql`(${registeredVersion.model} || '/' || ${registeredVersion.number})`),
    without: noPrompt,
  },
};

/** Versions of registered models of the caller's organisation. */
export async function searchVersions(parts: TrackingParts, caller: Caller, search: Search) {
  assertPerson(caller, 'the registry of models');
  const page = pageAt(parts, 'registered-versions', search);
  const conditions = compileFilter(versionsSearchable, parseFilter(search.filter));
  const order = compileOrder(versionsSearchable, ordersOf(search.orderBy));
  const scope = scopeOf(parts, caller);
  const rows = await scope.orm
    .select()
    .from(registeredVersion)
    .innerJoin(registeredModel, eq(registeredModel.id, registeredVersion.model))
    .innerJoin(resource, eq(resource.id, registeredModel.id))
    .where(and(scope.where, eq(registeredModel.organisation, caller.principal.organisation), ...conditions))
    .orderBy(
      ...order,
      desc(registeredVersion.updatedAt),
      asc(registeredModel.name),
      desc(registeredVersion.number),
    )
    .offset(page.offset)
    .limit(page.limit + 1);
  const { items, nextToken } = pageOfRows(parts, 'registered-versions', rows, page);
  const found = items.map((one) => ({ version: one.registered_version, model: one.registered_model }));
  await noteRead(
    parts,
    scope,
    items.map((one) => factsOf(one.resource)),
  );
  return { items: await showVersions(parts, caller, found), nextToken };
}
