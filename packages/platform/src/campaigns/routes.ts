import {
  campaignPlanSchema,
  campaignStates,
  claimViewSchema,
  designSchema,
  hypothesisStates,
  idSchema,
  labelSchema,
  outcomeOfExperimentSchema,
  spaceSchema,
  verdictSchema,
  viewClaim,
} from '@genesis/contracts';
import { z } from 'zod';
import { type Door, factsOf } from '../door/index.ts';
import { idempotencyOf, principalNow, principalOf } from '../identity/index.ts';
import { type App, type Cursors, pageOf, pageQuery, sendEvents, toPage } from '../kernel/index.ts';
import type { Campaigns } from './campaigns.ts';
import { newHypothesisSchema } from './hypotheses/draft.ts';
import { progressOf, progressSchema, watchProgress } from './progress.ts';
import * as store from './store.ts';

const tags = ['campaigns'];
const campaignParams = z.strictObject({ id: idSchema('campaign') });
const hypothesisParams = z.strictObject({ id: idSchema('hypothesis') });
const done = z.strictObject({ done: z.literal(true) });
const ok = { done: true as const };

const campaignView = z.strictObject({
  id: z.string(),
  plan: campaignPlanSchema,
  planHash: z.string(),
  space: spaceSchema,
  state: z.enum(campaignStates.states),
  /** Why it was stopped, where nobody asked for it. */
  stoppedBecause: z.string().nullable(),
  label: labelSchema,
  /** Under which the platform goes on by itself; revoking it stops that. */
  delegation: z.string(),
  createdAt: z.string(),
});

const experimentView = z.strictObject({
  id: z.string(),
  arm: z.string(),
  repeat: z.int(),
  index: z.int(),
  design: designSchema,
  outcome: outcomeOfExperimentSchema.nullable(),
  run: z.string().nullable(),
});

const hypothesisView = z.strictObject({
  id: z.string(),
  campaign: z.string(),
  state: z.enum(hypothesisStates.states),
  /** The root of its fresh seeds is null until it is opened or given up. */
  claim: claimViewSchema,
  claimHash: z.string(),
  verdict: verdictSchema.nullable(),
  frozenAt: z.string(),
  freezeEntry: z.string(),
});

const position = z.object({ at: z.number(), id: z.string() });

type Listed = Awaited<ReturnType<typeof store.listCampaigns>>[number];

const viewCampaignRow = (row: store.CampaignRow) => {
  const { id, plan, planHash, space, state, stoppedBecause, delegation, createdAt } = row;
  return {
    stoppedBecause,
    delegation,
    id,
    plan,
    planHash,
    space,
    state: state as z.infer<typeof campaignView>['state'],
    createdAt: new Date(createdAt).toISOString(),
  };
};

const viewCampaign = ({ campaign, resource }: Listed): z.output<typeof campaignView> => ({
  ...viewCampaignRow(campaign),
  label: factsOf(resource).label,
});

const viewExperiment = (row: store.ExperimentRow): z.output<typeof experimentView> => {
  const { id, arm, repeat, index, design, outcome, run } = row;
  return { id, arm, repeat, index, design, outcome, run };
};

const viewHypothesis = (row: store.HypothesisRow): z.output<typeof hypothesisView> => ({
  id: row.id,
  campaign: row.campaign,
  state: row.state as z.infer<typeof hypothesisView>['state'],
  claim: viewClaim(row.claim, row.state),
  claimHash: row.claimHash,
  verdict: row.verdict,
  frozenAt: new Date(row.frozenAt).toISOString(),
  freezeEntry: row.freezeEntry,
});

export function campaignRoutes(
  app: App,
  parts: { campaigns: Campaigns; door: Door; cursors: Cursors },
): void {
  const { campaigns, door, cursors } = parts;

  app.post(
    '/v1/campaigns',
    {
      schema: {
        tags,
        summary: 'Open a campaign: its plan is fixed, and exploring begins',
        body: campaignPlanSchema,
        response: { 201: z.strictObject({ id: z.string(), entry: z.string() }) },
      },
    },
    async (request, reply) =>
      await reply
        .status(201)
        .send(await campaigns.create(principalOf(request), request.body, idempotencyOf(request))),
  );

  app.get(
    '/v1/campaigns',
    {
      schema: {
        tags,
        summary: 'Campaigns that you may see, newest first',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(campaignView) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const before = cursor === undefined ? undefined : cursors.decode('campaigns', cursor, position);
      const scope = door.authorize(principalOf(request), 'explore');
      const rows = await store.listCampaigns(scope, { limit: limit + 1, before });
      await door.noteUse(
        scope,
        'campaign.read',
        rows.slice(0, limit).map((row) => factsOf(row.resource)),
      );
      return toPage(rows, limit, viewCampaign, ({ campaign }) =>
        cursors.encode('campaigns', { at: campaign.createdAt, id: campaign.id }),
      );
    },
  );

  app.get(
    '/v1/campaigns/:id',
    {
      schema: {
        tags,
        summary: 'A campaign with its progress',
        params: campaignParams,
        response: { 200: z.strictObject({ campaign: campaignView, progress: progressSchema }) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scope, facts } = await door.use(principalOf(request), 'campaign.read', id, 'explore');
      const row = await store.findCampaign(scope, id);
      const { label } = facts;
      return {
        campaign: { ...viewCampaignRow(row), label },
        progress: await progressOf(scope, row),
      };
    },
  );

  app.get(
    '/v1/campaigns/:id/experiments',
    {
      schema: {
        tags,
        summary: 'All experiments, the failed and censored ones too',
        params: campaignParams,
        response: { 200: z.strictObject({ items: z.array(experimentView) }) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scope } = await door.use(principalOf(request), 'campaign.read', id, 'explore');
      return { items: (await store.listExperiments(scope, id)).map(viewExperiment) };
    },
  );

  app.get(
    '/v1/campaigns/:id/events',
    { schema: { tags, summary: 'Progress as server-sent events', params: campaignParams } },
    async (request, reply) => {
      const { id } = request.params;
      const principal = principalOf(request);
      await door.use(principal, 'campaign.read', id, 'explore', { for: 'progress' });
      return sendEvents(request, reply, (_last, signal) =>
        watchProgress(async () => door.authorize(await principalNow(request), 'explore'), id, signal),
      );
    },
  );

  app.post(
    '/v1/campaigns/:id/stop',
    { schema: { tags, summary: 'Stop exploring', params: campaignParams, response: { 200: done } } },
    async (request) => {
      await campaigns.stop(principalOf(request), request.params.id);
      return ok;
    },
  );

  app.post(
    '/v1/campaigns/:id/resume',
    { schema: { tags, summary: 'Go on exploring', params: campaignParams, response: { 200: done } } },
    async (request) => {
      await campaigns.resume(principalOf(request), request.params.id);
      return ok;
    },
  );

  app.post(
    '/v1/campaigns/:id/suggestions',
    {
      schema: {
        tags,
        summary: 'The next experiments for people to do, of every arm',
        params: campaignParams,
        body: z.strictObject({ count: z.int().min(1).max(1000).default(10) }),
        response: { 200: z.strictObject({ items: z.array(experimentView) }) },
      },
    },
    async (request) => {
      const rows = await campaigns.suggest(principalOf(request), request.params.id, request.body.count);
      return { items: rows.map(viewExperiment) };
    },
  );

  app.post(
    '/v1/campaigns/:id/results',
    {
      schema: {
        tags,
        summary: 'Record what people measured',
        params: campaignParams,
        body: z.strictObject({
          results: z
            .array(z.strictObject({ experiment: idSchema('experiment'), outcome: outcomeOfExperimentSchema }))
            .min(1)
            .max(10_000),
        }),
        response: { 200: z.strictObject({ recorded: z.int(), finished: z.boolean() }) },
      },
    },
    async (request) => await campaigns.record(principalOf(request), request.params.id, request.body.results),
  );

  app.post(
    '/v1/campaigns/:id/models',
    {
      schema: {
        tags,
        summary: 'Train a model on everything recorded so far; answers with the run that does it',
        params: campaignParams,
        body: z.strictObject({
          name: z
            .string()
            .regex(/^[^\p{Cc}\p{Cf}/\\]{1,100}$/u, 'expected 1 to 100 characters, none of control, no slash')
            .default('surrogate'),
        }),
        response: { 202: z.strictObject({ run: z.string() }) },
      },
    },
    async (request, reply) =>
      await reply
        .status(202)
        .send(await campaigns.train(principalOf(request), request.params.id, request.body.name)),
  );

  app.post(
    '/v1/campaigns/:id/crate',
    {
      schema: {
        tags,
        summary: 'The evidence crate as a zip file, within what its destination may hold',
        params: campaignParams,
        body: z.strictObject({
          destination: labelSchema.default({ level: 'public', categories: [] }),
          includeSealedRows: z.boolean().default(false),
        }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const crate = await campaigns.exportCrate(principalOf(request), id, request.body);
      return await reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="${id}.zip"`)
        .send(crate);
    },
  );

  app.post(
    '/v1/campaigns/:id/hypotheses',
    {
      schema: {
        tags,
        summary: 'Freeze a hypothesis: from now on nothing of it can change',
        params: campaignParams,
        body: newHypothesisSchema,
        response: { 201: hypothesisView },
      },
    },
    async (request, reply) => {
      const row = await campaigns.freeze(principalOf(request), request.params.id, request.body);
      return await reply.status(201).send(viewHypothesis(row));
    },
  );

  app.get(
    '/v1/campaigns/:id/hypotheses',
    {
      schema: {
        tags,
        summary: 'All freezes of a campaign, the abandoned ones too',
        params: campaignParams,
        response: {
          200: z.strictObject({
            items: z.array(hypothesisView),
            /** Other campaigns with the same measurements, objective and space, as far as you may see them. */
            elsewhere: z.strictObject({ campaigns: z.int(), freezes: z.int(), openings: z.int() }),
          }),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scope } = await door.use(principalOf(request), 'campaign.read', id, 'evaluate');
      const items = (await store.listHypotheses(scope, id)).map(viewHypothesis);
      return {
        items,
        elsewhere: await store.countAskedElsewhere(scope, await store.findCampaign(scope, id)),
      };
    },
  );

  app.get(
    '/v1/hypotheses/:id',
    {
      schema: {
        tags,
        summary: 'A hypothesis and its verdict',
        params: hypothesisParams,
        response: { 200: hypothesisView },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const row = await store.findHypothesis(door.authorize(principal, 'evaluate'), request.params.id);
      await door.use(principal, 'campaign.read', row.campaign, 'evaluate', { hypothesis: row.id });
      return viewHypothesis(row);
    },
  );

  app.post(
    '/v1/hypotheses/:id/open',
    {
      schema: {
        tags,
        summary: 'Open a frozen hypothesis: spends its alpha for good and starts the confirming run',
        params: hypothesisParams,
        response: { 202: hypothesisView },
      },
    },
    async (request, reply) =>
      await reply
        .status(202)
        .send(viewHypothesis(await campaigns.open(principalOf(request), request.params.id))),
  );

  app.post(
    '/v1/hypotheses/:id/abandon',
    {
      schema: {
        tags,
        summary: 'Give a frozen hypothesis up, unopened',
        params: hypothesisParams,
        response: { 200: done },
      },
    },
    async (request) => {
      await campaigns.abandon(principalOf(request), request.params.id);
      return ok;
    },
  );
}
