import { Readable } from 'node:stream';
import {
  capabilityManifestSchema,
  executionOutcomeSchema,
  GenesisError,
  idSchema,
  labelSchema,
  placementPlanSchema,
  purposeSchema,
  type RunState,
  relativePathSchema,
  runStates,
  usageSchema,
} from '@genesis/contracts';
import { z } from 'zod';
import { usageOf } from '../compute/index.ts';
import type { Door } from '../door/index.ts';
import { idempotencyOf, principalNow, principalOf } from '../identity/index.ts';
import {
  type App,
  type BlobStore,
  type Cursors,
  pageOf,
  pageQuery,
  sendEvents,
  toPage,
} from '../kernel/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { followLog, positionOf } from './follow-log.ts';
import { outputsOf } from './outputs.ts';
import { type FoundCapability, findCapability, listCapabilities } from './registry.ts';
import type { Runs } from './runs.ts';
import { findRun, listAttempts, listRuns, type RunRow } from './store.ts';
import { submitRunSchema } from './submit-run.ts';

const tags = ['runs'];
const runParams = z.strictObject({ id: idSchema('run') });
const purposeQuery = { purpose: purposeSchema.default('explore') };

const capabilityView = z.strictObject({
  capabilityId: z.string(),
  name: z.string(),
  version: z.string(),
  status: z.string(),
  reproducibilityTier: z.string(),
  digest: z.string(),
  label: labelSchema,
  manifest: capabilityManifestSchema,
});

const viewCapability = ({ row, facts }: FoundCapability): z.output<typeof capabilityView> => ({
  capabilityId: row.id,
  name: row.name,
  version: row.version,
  status: row.status,
  reproducibilityTier: row.tier,
  digest: row.digest,
  label: facts.label,
  manifest: row.manifest,
});

const runView = z.strictObject({
  id: z.string(),
  capability: z.string(),
  status: z.enum(runStates.states),
  governedBy: z.string(),
  label: labelSchema,
  purpose: z.string(),
  attempts: z.int(),
  /** The resource where it runs, once it is placed. */
  resource: z.string().nullable(),
  project: z.string().nullable(),
  /** Why it waits; null where it does not. */
  waitsFor: z.string().nullable(),
  executionContext: z.strictObject({
    configHash: z.string(),
    environmentHash: z.string(),
    runClass: z.string(),
    seedList: z.array(z.string()).optional(),
    dataVersion: z.string().optional(),
  }),
  outcome: executionOutcomeSchema.nullable(),
  sandboxed: z.boolean().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
});

const iso = (at: number): string => new Date(at).toISOString();

const viewRun = (row: RunRow, facts: ResourceFacts): z.output<typeof runView> => ({
  id: row.id,
  capability: row.capability,
  status: row.state as RunState,
  governedBy: row.governedBy,
  label: facts.label,
  purpose: row.purpose,
  attempts: row.attempts,
  resource: row.machine,
  project: row.project,
  waitsFor: row.waitsFor,
  executionContext: row.context,
  outcome: row.outcome,
  sandboxed: row.sandboxed,
  createdAt: iso(row.createdAt),
  endedAt: row.endedAt === null ? null : iso(row.endedAt),
});

const runPosition = z.object({ at: z.number(), id: z.string() });

export function runRoutes(
  app: App,
  parts: { runs: Runs; door: Door; cursors: Cursors; blobs: BlobStore },
): void {
  const { runs, door, cursors, blobs } = parts;

  app.post(
    '/v1/capabilities',
    {
      schema: {
        tags,
        summary: 'Declare a capability by its manifest',
        body: capabilityManifestSchema,
        response: { 201: z.strictObject({ capabilityId: z.string(), digest: z.string() }) },
      },
    },
    async (request, reply) => {
      const row = await runs.register(principalOf(request), request.body);
      return await reply.status(201).send({ capabilityId: row.id, digest: row.digest });
    },
  );

  app.get(
    '/v1/capabilities',
    {
      schema: {
        tags,
        summary: 'What can be run',
        querystring: z.strictObject(purposeQuery),
        response: { 200: z.strictObject({ items: z.array(capabilityView) }) },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), request.query.purpose);
      const found = await listCapabilities(scope);
      await door.noteUse(
        scope,
        'capability.read',
        found.map(({ facts }) => facts),
      );
      return { items: found.map(viewCapability) };
    },
  );

  app.get(
    '/v1/capabilities/:id',
    {
      schema: {
        tags,
        summary: 'A capability, by id, name or name@version',
        params: z.strictObject({ id: z.string().min(1).max(200) }),
        querystring: z.strictObject(purposeQuery),
        response: { 200: capabilityView },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), request.query.purpose);
      const found = await findCapability(scope, request.params.id);
      await door.noteUse(scope, 'capability.read', [found.facts]);
      return viewCapability(found);
    },
  );

  app.post(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'Submit a run; the same Idempotency-Key gives the same run and one launch',
        body: submitRunSchema,
        response: { 201: z.strictObject({ id: z.string(), repeated: z.boolean() }) },
      },
    },
    async (request, reply) => {
      const key = idempotencyOf(request)?.key;
      return await reply.status(201).send(await runs.submit(principalOf(request), request.body, key));
    },
  );

  app.post(
    '/v1/runs/plan',
    {
      schema: {
        tags,
        summary: 'Where a run would go, and why: nothing is submitted or reserved',
        body: submitRunSchema,
        response: { 200: placementPlanSchema },
      },
    },
    async (request) => await runs.plan(principalOf(request), request.body),
  );

  app.get(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'Runs that you may see, newest first',
        querystring: z.strictObject({
          ...pageQuery,
          ...purposeQuery,
          campaign: idSchema('campaign').optional(),
        }),
        response: { 200: pageOf(runView) },
      },
    },
    async (request) => {
      const { limit, cursor, campaign, purpose } = request.query;
      const before = cursor === undefined ? undefined : cursors.decode('runs', cursor, runPosition);
      const scope = door.authorize(principalOf(request), purpose);
      const rows = await listRuns(scope, { limit: limit + 1, before, governedBy: campaign });
      await door.noteUse(
        scope,
        'run.read',
        rows.slice(0, limit).map(({ facts }) => facts),
      );
      return toPage(
        rows,
        limit,
        ({ row, facts }) => viewRun(row, facts),
        ({ row }) => cursors.encode('runs', { at: row.createdAt, id: row.id }),
      );
    },
  );

  app.get(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        summary: 'A run with its attempts and its output',
        params: runParams,
        querystring: z.strictObject(purposeQuery),
        response: {
          200: z.strictObject({
            run: runView,
            input: z.unknown(),
            output: z.unknown(),
            /** Where it went and why the others were not taken; null where it ran in the platform itself. */
            plan: placementPlanSchema.nullable(),
            usage: usageSchema,
            attempts: z.array(
              z.strictObject({
                number: z.int(),
                startedAt: z.string(),
                outcome: executionOutcomeSchema.nullable(),
              }),
            ),
          }),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { purpose } = request.query;
      const row = await findRun(door.authorize(principal, purpose), request.params.id);
      const reading = row.governedBy === row.id ? 'run.read' : 'campaign.read';
      const { scope, facts } = await door.use(principal, reading, row.governedBy, purpose, { run: row.id });
      const attempts = await listAttempts(scope, row.id);
      return {
        run: viewRun(row, facts),
        input: row.input,
        output: row.output,
        plan: row.plan === null ? null : await runs.visiblePlan(principal, purpose, row.plan),
        usage: (await usageOf(door.authorize(principal, 'explore'), { run: row.id })).total,
        attempts: attempts.map(({ number, startedAt, outcome }) => ({
          number,
          startedAt: iso(startedAt),
          outcome,
        })),
      };
    },
  );

  app.get(
    '/v1/runs/:id/outputs/*',
    {
      schema: {
        tags,
        summary: 'A file that a run left, by its path',
        params: z.strictObject({ id: idSchema('run'), '*': relativePathSchema }),
        querystring: z.strictObject(purposeQuery),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { purpose } = request.query;
      const { id, '*': path } = request.params;
      const row = await findRun(door.authorize(principal, purpose), id);
      await door.use(principal, 'run.read', row.governedBy, purpose, { run: id, output: path });
      const kept = outputsOf(row).find((one) => one.path === path);
      if (kept === undefined)
        throw new GenesisError({ code: 'not-found', message: 'The run left no such file.' });
      return await reply.type('application/octet-stream').send(Readable.from(blobs.open(kept)));
    },
  );

  app.post(
    '/v1/runs/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Cancel a run that has not ended',
        params: runParams,
        response: { 200: z.strictObject({ done: z.literal(true) }) },
      },
    },
    async (request) => {
      await runs.cancel(principalOf(request), request.params.id);
      return { done: true as const };
    },
  );

  app.get(
    '/v1/runs/:id/logs',
    {
      schema: {
        tags,
        summary:
          'The log as server-sent events, while the run goes on and after; `waits` says what it waits for. It carries the label of the run',
        params: runParams,
        querystring: z.strictObject(purposeQuery),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { purpose } = request.query;
      const after = positionOf(request.headers['last-event-id']);
      const row = await findRun(door.authorize(principal, purpose), request.params.id);
      const reading = row.governedBy === row.id ? 'run.read' : 'campaign.read';
      await door.use(principal, reading, row.governedBy, purpose, { run: row.id, for: 'log' });
      return sendEvents(request, reply, (_last, signal) =>
        followLog(async () => door.authorize(await principalNow(request), purpose), row.id, after, signal),
      );
    },
  );
}
