import { and, asc, eq, gte, inArray, lte, sql } from 'drizzle-orm';
import type { ResourceFacts } from '../policy/index.ts';
import { noteRead, scopeOf } from './access.ts';
import { parametersOf } from './parameters.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { findTracked, type TrackedRow } from './runs.ts';
import { latestMetric, type Tag, trackedDataset, trackedMetric, trackedModelUse } from './tables.ts';
import { tagsOf } from './tags.ts';

export type MetricRow = typeof latestMetric.$inferSelect;
export type DatasetRow = typeof trackedDataset.$inferSelect;
export type ModelUse = typeof trackedModelUse.$inferSelect;
export type ShownRun = {
  row: TrackedRow;
  /** The newest point of each metric. */
  metrics: MetricRow[];
  params: Tag[];
  tags: Tag[];
  datasets: DatasetRow[];
  models: ModelUse[];
};

const grouped = <Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> => {
  const all = new Map<string, Row[]>();
  for (const row of rows) {
    const known = all.get(keyOf(row));
    if (known === undefined) all.set(keyOf(row), [row]);
    else known.push(row);
  }
  return all;
};

/** Runs with all that belongs to them, but for the history of their metrics: a few queries, however many runs. */
export async function showTracked(
  parts: TrackingParts,
  caller: Caller,
  found: readonly { row: TrackedRow; facts: ResourceFacts }[],
): Promise<ShownRun[]> {
  const scope = scopeOf(parts, caller);
  const ids = found.map(({ row }) => row.id);
  if (ids.length === 0) return [];
  const { orm } = scope;
  const [metrics, params, tags, datasets, models] = await Promise.all([
    orm.select().from(latestMetric).where(inArray(latestMetric.run, ids)).orderBy(asc(latestMetric.key)),
    parametersOf(scope, ids),
    tagsOf(scope, ids),
    orm
      .select()
      .from(trackedDataset)
      .where(inArray(trackedDataset.run, ids))
      .orderBy(asc(trackedDataset.name)),
    orm
      .select()
      .from(trackedModelUse)
      .where(inArray(trackedModelUse.run, ids))
      .orderBy(asc(trackedModelUse.model)),
  ]);
  await noteRead(
    parts,
    scope,
    found.map(({ facts }) => facts),
  );
  const metricsOf = grouped(metrics, ({ run }) => run);
  const datasetsOf = grouped(datasets, ({ run }) => run);
  const modelsOf = grouped(models, ({ run }) => run);
  return found.map(({ row }) => ({
    row,
    metrics: metricsOf.get(row.id) ?? [],
    params: params.get(row.id) ?? [],
    tags: tags.get(row.id) ?? [],
    datasets: datasetsOf.get(row.id) ?? [],
    models: modelsOf.get(row.id) ?? [],
  }));
}

export const getTracked = async (parts: TrackingParts, caller: Caller, id: string) =>
  (await showTracked(parts, caller, [await findTracked(parts, caller, id)]))[0]!;

/** Most points of one page of a history. */
export const mostPoints = 25_000;

/**
 * Points of one metric of a run in the order of their time, step and value, from a place on.
 */
export async function metricHistory(
  parts: TrackingParts,
  caller: Caller,
  run: string,
  key: string,
  page: { limit: number; offset: number },
): Promise<{ points: MetricRow[]; more: boolean }> {
  const { row, facts } = await findTracked(parts, caller, run);
  const scope = scopeOf(parts, caller);
  const limit = Math.min(page.limit, mostPoints);
  const rows = await scope.orm
    .select()
    .from(trackedMetric)
    .where(and(eq(trackedMetric.run, row.id), eq(trackedMetric.key, key)))
    .orderBy(asc(trackedMetric.timestamp), asc(trackedMetric.step), asc(trackedMetric.value))
    .offset(page.offset)
    .limit(limit + 1);
  await noteRead(parts, scope, [facts]);
  return { points: rows.slice(0, limit), more: rows.length > limit };
}

/**
 * Points of one metric of several runs, thinned to about `limit` steps of each, the first and the last always among them.
 */
export async function sampledHistory(
  parts: TrackingParts,
  caller: Caller,
  runs: readonly string[],
  key: string,
  wanted: { from?: number | undefined; to?: number | undefined; limit: number },
): Promise<MetricRow[]> {
  const scope = scopeOf(parts, caller);
  const found = await Promise.all(runs.map((id) => findTracked(parts, caller, id)));
  await noteRead(
    parts,
    scope,
    found.map(({ facts }) => facts),
  );
  const each = found.map(async ({ row }) => {
    const range = and(
      eq(trackedMetric.run, row.id),
      eq(trackedMetric.key, key),
      wanted.from === undefined ? sql`true` : gte(trackedMetric.step, wanted.from),
      wanted.to === undefined ? sql`true` : lte(trackedMetric.step, wanted.to),
    );
    const placed = scope.orm
      .select({
        step: trackedMetric.step,
        place: sql<number>`dense_rank() over (order by ${trackedMetric.step}) - 1`.as('place'),
        last: sql<number>`(select count(distinct ${trackedMetric.step}) from ${trackedMetric} where ${range}) - 1`.as(
          'last',
        ),
        timestamp: trackedMetric.timestamp,
        value: trackedMetric.value,
      })
      .from(trackedMetric)
      .where(range)
      .as('placed');
    const share = sql`greatest(1, ceil((${placed.last} + 1) / ${wanted.limit}::float8))::bigint`;
    const rows = await scope.orm
      .select({ step: placed.step, timestamp: placed.timestamp, value: placed.value })
      .from(placed)
      .where(sql`${placed.place} % ${share} = 0 or ${placed.place} = ${placed.last}`)
      .orderBy(asc(placed.step), asc(placed.timestamp), asc(placed.value))
      .limit(mostPoints);
    return rows.map((point) => ({ run: row.id, key, ...point }));
  });
  return (await Promise.all(each)).flat();
}
