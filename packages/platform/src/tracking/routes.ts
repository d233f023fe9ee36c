import { idSchema, invalidField, labelSchema, purposeSchema } from '@genesis/contracts';
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { factsOf, resource } from '../door/index.ts';
import { principalOf } from '../identity/index.ts';
import type { App } from '../kernel/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { scopeOf } from './access.ts';
import { curvesPicture, mostCurves } from './curves.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { getTracked, type ShownRun, sampledHistory, showTracked } from './read.ts';
import { findTracked } from './runs.ts';
import { trackedRun } from './tables.ts';

const tags = ['tracking'];
const params = z.strictObject({ id: idSchema('trackedRun') });
const purposeQuery = { purpose: purposeSchema.default('train') };

/** Numbers that JSON cannot hold are words here. */
const value = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
const shownValue = (number: number): z.output<typeof value> =>
  Number.isFinite(number) ? number : (String(number) as 'NaN' | 'Infinity' | '-Infinity');

const trackedView = z.strictObject({
  id: z.string(),
  name: z.string(),
  experiment: z.string(),
  /** The run of Genesis whose code made it; null for those of people. */
  run: z.string().nullable(),
  status: z.string(),
  lifecycle: z.string(),
  label: labelSchema,
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  params: z.array(z.strictObject({ key: z.string(), value: z.string() })),
  /** The newest point of each metric. */
  metrics: z.array(z.strictObject({ key: z.string(), value, step: z.int(), at: z.string() })),
});

/** Times come from clients: what no calendar holds is shown as the nearest that one does. */
const iso = (at: number): string => new Date(Math.min(Math.max(at, 0), 8.64e15)).toISOString();

const view = (shown: ShownRun, facts: ResourceFacts): z.output<typeof trackedView> => ({
  id: shown.row.id,
  name: shown.row.name,
  experiment: shown.row.experiment,
  run: shown.row.genesisRun,
  status: shown.row.status,
  lifecycle: shown.row.lifecycle,
  label: facts.label,
  startedAt: iso(shown.row.startTime),
  endedAt: shown.row.endTime === null ? null : iso(shown.row.endTime),
  params: shown.params,
  metrics: shown.metrics.map((point) => ({
    key: point.key,
    value: shownValue(point.value),
    step: point.step,
    at: iso(point.timestamp),
  })),
});

const callerOf = (request: FastifyRequest, purpose: Caller['purpose']): Caller => ({
  principal: principalOf(request),
  purpose,
  run: null,
});

/** Tracked runs for people and programs of Genesis itself; clients of MLflow have their own routes. */
export function trackingRoutes(app: App, parts: TrackingParts): void {
  app.get(
    '/v1/tracking/runs',
    {
      schema: {
        tags,
        summary: 'Tracked runs that you may see, newest first; of one run of Genesis where it is named',
        querystring: z.strictObject({
          ...purposeQuery,
          run: idSchema('run').optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.strictObject({ items: z.array(trackedView) }) },
      },
    },
    async (request) => {
      const { purpose, run, limit } = request.query;
      const caller = callerOf(request, purpose);
      const scope = scopeOf(parts, caller);
      const rows = await scope.orm
        .select()
        .from(trackedRun)
        .innerJoin(resource, eq(resource.id, trackedRun.governedBy))
        .where(
          and(
            scope.where,
            eq(trackedRun.lifecycle, 'active'),
            run === undefined ? sql`true` : eq(trackedRun.genesisRun, run),
          ),
        )
        .orderBy(desc(trackedRun.startTime), asc(trackedRun.id))
        .limit(limit);
      const found = rows.map((one) => ({ row: one.tracked_run, facts: factsOf(one.resource) }));
      const shown = await showTracked(parts, caller, found);
      return { items: shown.map((one, at) => view(one, found[at]!.facts)) };
    },
  );

  app.get(
    '/v1/tracking/runs/:id',
    {
      schema: {
        tags,
        summary: 'A tracked run with its parameters and the newest point of each metric',
        params,
        querystring: z.strictObject(purposeQuery),
        response: { 200: trackedView },
      },
    },
    async (request) => {
      const caller = callerOf(request, request.query.purpose);
      const { facts } = await findTracked(parts, caller, request.params.id);
      return view(await getTracked(parts, caller, request.params.id), facts);
    },
  );

  app.get(
    '/v1/tracking/runs/:id/curves',
    {
      schema: {
        tags,
        summary: 'The points of metrics of a tracked run, thinned to about so many of each',
        params,
        querystring: z.strictObject({
          ...purposeQuery,
          metrics: z.string().max(4000).optional(),
          points: z.coerce.number().int().min(2).max(5000).default(500),
        }),
        response: {
          200: z.strictObject({
            curves: z.array(
              z.strictObject({
                metric: z.string(),
                points: z.array(z.strictObject({ step: z.int(), value, at: z.string() })),
              }),
            ),
          }),
        },
      },
    },
    async (request) => {
      const { purpose, metrics, points } = request.query;
      const curves = await curvesOf(parts, callerOf(request, purpose), request.params.id, metrics, points);
      return {
        curves: curves.map((curve) => ({
          metric: curve.name,
          points: curve.points.map((point) => ({
            step: point.step,
            value: shownValue(point.value),
            at: iso(point.timestamp),
          })),
        })),
      };
    },
  );

  app.get(
    '/v1/tracking/runs/:id/curves.svg',
    {
      schema: {
        tags,
        summary: 'The curves of a tracked run as a picture',
        params,
        querystring: z.strictObject({ ...purposeQuery, metrics: z.string().max(4000).optional() }),
        produces: ['image/svg+xml'],
      },
    },
    async (request, reply) => {
      const { purpose, metrics } = request.query;
      const caller = callerOf(request, purpose);
      const { row } = await findTracked(parts, caller, request.params.id);
      const curves = await curvesOf(parts, caller, row.id, metrics, 1000);
      return await reply.type('image/svg+xml; charset=utf-8').send(curvesPicture(row.name, curves));
    },
  );
}

/** Curves by the names of their metrics, separated by commas; without names of the first few that there are. */
async function curvesOf(
  parts: TrackingParts,
  caller: Caller,
  id: string,
  names: string | undefined,
  points: number,
) {
  const shown = await getTracked(parts, caller, id);
  const known = shown.metrics.map(({ key }) => key);
  const wanted =
    names === undefined ? known.slice(0, mostCurves) : names.split(',').filter((name) => name !== '');
  if (wanted.length > mostCurves) throw invalidField('query.metrics', `at most ${mostCurves} at one time`);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalidField(
      'query.metrics',
      `the run has no metric "${unknown}"; it has ${known.slice(0, 50).join(', ') || 'none'}`,
    );
  const each = wanted.map(async (name) => ({
    name,
    points: await sampledHistory(parts, caller, [id], name, { limit: points }),
  }));
  return await Promise.all(each);
}
