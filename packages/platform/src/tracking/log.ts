import { invalidField } from '@genesis/contracts';
import { sql } from 'drizzle-orm';
import type { WriteTx } from '../door/index.ts';
import { assertWriter, write } from './access.ts';
import {
  assertCount,
  assertKey,
  assertTag,
  mostInBatch,
  mostMetrics,
  mostParameters,
  mostTags,
} from './limits.ts';
import { assertModel } from './logged-models.ts';
import { insertParameters } from './parameters.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { findTracked, lockActive, writeTags } from './runs.ts';
import { modelMetric, type Tag } from './tables.ts';

/** One point of a metric. The value may be NaN or infinite; time is milliseconds since the epoch. */
export type Point = {
  key: string;
  value: number;
  timestamp: number;
  step: number;
  /** The logged model that was measured, and on which dataset. */
  model?: string | undefined;
  datasetName?: string | undefined;
  datasetDigest?: string | undefined;
};
export type Batch = { metrics: readonly Point[]; params: readonly Tag[]; tags: readonly Tag[] };

const largest = Number.MAX_SAFE_INTEGER;

function assertPoint({ key, timestamp, step }: Point, at: number): void {
  assertKey(key, `metrics[${at}].name`);
  if (timestamp < 0 || timestamp > largest)
    throw invalidField(`metrics[${at}].timestamp`, 'expected milliseconds, not negative and at most 2^53');
  if (Math.abs(step) > largest) throw invalidField(`metrics[${at}].step`, 'expected at most 2^53');
}

/** Compares points as the newest of them is found: by step, then time, then value; NaN is the largest, as in PostgreSQL. */
const isNewer = (a: Point, b: Point): boolean => {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return Number.isNaN(a.value) ? !Number.isNaN(b.value) : a.value > b.value;
};

const newestOf = (points: readonly Point[]): Point[] => {
  const newest = new Map<string, Point>();
  for (const point of points) {
    const known = newest.get(point.key);
    if (known === undefined || isNewer(point, known)) newest.set(point.key, point);
  }
  // In one order, so that two batches of one run never wait for each other in a circle.
  return [...newest.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
};

const columnsOf = (points: readonly Point[]) =>
  sql`unnest(${sql.param(points.map(({ key }) => key))}::text[], ${sql.param(points.map(({ step }) => step))}::bigint[], ${sql.param(points.map(({ timestamp }) => timestamp))}::bigint[], ${sql.param(points.map(({ value }) => value))}::float8[])`;

/** Writes points: those that are there already are left as they are. Three statements, however many points. */
async function insertPoints(tx: WriteTx, run: string, points: readonly Point[]): Promise<void> {
  await tx.execute(
    sql`insert into tracked_metric (run, key, step, "timestamp", value) select ${run}, p.key, p.step, p.at, p.value from ${columnsOf(points)} as p(key, step, at, value) on conflict do nothing`,
  );
  await tx.execute(
    sql`insert into tracked_metric_latest as l (run, key, step, "timestamp", value) select ${run}, p.key, p.step, p.at, p.value from ${columnsOf(newestOf(points))} as p(key, step, at, value) on conflict (run, key) do update set step = excluded.step, "timestamp" = excluded."timestamp", value = excluded.value where (excluded.step, excluded."timestamp", excluded.value) > (l.step, l."timestamp", l.value)`,
  );
  const measured = points.filter(({ model }) => model !== undefined);
  for (const point of measured) await insertModelPoint(tx, run, point);
}

async function insertModelPoint(tx: WriteTx, run: string, point: Point): Promise<void> {
  const { key, step, timestamp, value } = point;
  const model = point.model!;
  const [datasetName, datasetDigest] = [point.datasetName ?? '', point.datasetDigest ?? ''];
  await tx
    .insert(modelMetric)
    .values({ model, run, key, datasetName, datasetDigest, step, timestamp, value })
    .onConflictDoUpdate({
      target: [
        modelMetric.model,
        modelMetric.run,
        modelMetric.key,
        modelMetric.datasetName,
        modelMetric.datasetDigest,
      ],
      set: { step, timestamp, value },
      setWhere: sql`(excluded.step, excluded."timestamp", excluded.value) > (${modelMetric.step}, ${modelMetric.timestamp}, ${modelMetric.value})`,
    });
}

/**
 * Writes a batch of a tracked run, whole or not at all: one decision, one entry of the ledger that commits to the batch.
 * Sent again it changes nothing.
 */
export async function logBatch(
  parts: TrackingParts,
  caller: Caller,
  run: string,
  batch: Batch,
): Promise<void> {
  const { metrics, params, tags } = batch;
  assertCount(metrics.length, mostMetrics, 'metrics');
  assertCount(params.length, mostParameters, 'params');
  assertCount(tags.length, mostTags, 'tags');
  assertCount(metrics.length + params.length + tags.length, mostInBatch, 'metrics, params and tags together');
  metrics.forEach(assertPoint);
  for (const tag of tags) assertTag(tag, 'run');
  const { row } = await findTracked(parts, caller, run);
  if (metrics.length + params.length > 0) assertWriter(caller, row);
  const models = new Set(metrics.flatMap(({ model }) => model ?? []));
  for (const model of models) await assertModel(parts, caller, model, row);
  // NaN and infinities are no JSON.
  const points = metrics.map(({ value, ...point }) => ({ ...point, value: String(value) }));
  const written = { metrics: points, params, tags };
  await write(parts, caller, { governedBy: row.governedBy, thing: run, written }, async (tx) => {
    await lockActive(tx, run);
    await insertParameters(tx, run, params);
    if (metrics.length > 0) await insertPoints(tx, run, metrics);
    if (tags.length > 0) await writeTags(tx, run, tags);
  });
}
