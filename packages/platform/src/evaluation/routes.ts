import { idSchema, labelSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../door/index.ts';
import { idempotencyOf, principalOf } from '../identity/index.ts';
import type { App } from '../kernel/index.ts';
import { type Placed, told } from './board.ts';
import type { Evaluations } from './evaluations.ts';
import {
  evaluationStates,
  metrics,
  newEvaluationSchema,
  newSubmissionSchema,
  submissionStates,
} from './model.ts';
import type { FoundEvaluation } from './store.ts';

const tags = ['evaluations'];
const params = z.strictObject({ id: idSchema('evaluation') });

const evaluationView = z.strictObject({
  id: z.string(),
  title: z.string(),
  split: z.string(),
  challenge: z.int().nullable(),
  target: z.string(),
  features: z.array(z.string()),
  metric: z.enum(metrics),
  /** Rows that agree in these are one unit: it is resampled, and tested, as a whole. */
  keyColumns: z.array(z.string()),
  openings: z.strictObject({ most: z.int(), perOrganisation: z.int() }),
  state: z.enum(evaluationStates),
  label: labelSchema,
  /** Under which the platform opens the sealed rows; revoking it ends the evaluation. */
  delegation: z.string(),
  createdAt: z.string(),
});

const placedView = z.strictObject({
  submission: z.string(),
  title: z.string(),
  baseline: z.string().nullable(),
  /** Null for a baseline, and for a model that you may not see. */
  model: z.string().nullable(),
  organisation: z.string(),
  /** Its number among all openings of the sealed rows. */
  opening: z.int(),
  state: z.enum(submissionStates),
  /** Why it was not scored. */
  failure: z.string().nullable(),
  /** One more than the number of better ones, as paired tests tell; those of one rank are tied. */
  rank: z.int().nullable(),
  /** To three digits. */
  score: z.number().nullable(),
  interval: z.strictObject({ lo: z.number(), hi: z.number(), level: z.number() }).nullable(),
  /** Submissions from which no test tells it apart. */
  tiedWith: z.array(z.string()),
  rows: z.int().nullable(),
  units: z.int().nullable(),
  /** Share of results within the intervals that the model gave. */
  coverage: z.number().nullable(),
  createdAt: z.string(),
});

const time = (at: number): string => new Date(at).toISOString();

const viewEvaluation = ({ row, facts }: FoundEvaluation): z.output<typeof evaluationView> => {
  const { title, target, features, metric, keyColumns, openings, perOrganisation } = row.settings;
  return {
    ...{
      id: row.id,
      title,
      split: row.split,
      challenge: row.challenge,
      target,
      features,
      metric,
      keyColumns,
    },
    openings: { most: openings, perOrganisation },
    state: row.state as z.output<typeof evaluationView>['state'],
    ...{ label: facts.label, delegation: row.delegation, createdAt: time(row.createdAt) },
  };
};

const viewPlaced = (
  { submission, place }: Placed,
  visible: ReadonlyMap<string, string>,
): z.output<typeof placedView> => {
  const { id, title, baseline, model, organisation, opening, state, failure, score, createdAt } = submission;
  return {
    ...{ submission: id, title, baseline, organisation, opening, failure },
    model: model !== null && visible.has(model) ? model : null,
    state: state as z.output<typeof placedView>['state'],
    ...{ rank: place?.rank ?? null, score: place?.score ?? null, interval: place?.interval ?? null },
    ...{ tiedWith: place?.tiedWith ?? [], rows: score?.rows ?? null, units: score?.units ?? null },
    coverage: score?.covered ? told(score.covered.within / score.covered.of) : null,
    createdAt: time(createdAt),
  };
};

export function evaluationRoutes(
  app: App,
  { evaluations, door }: { evaluations: Evaluations; door: Door },
): void {
  app.post(
    '/v1/evaluations',
    {
      schema: {
        tags,
        summary: 'Score models on the sealed rows of a split from now on; the baselines are scored at once',
        body: newEvaluationSchema,
        response: { 201: z.strictObject({ id: z.string() }) },
      },
    },
    async (request, reply) =>
      await reply
        .code(201)
        .send(await evaluations.create(principalOf(request), request.body, idempotencyOf(request))),
  );

  app.get(
    '/v1/evaluations',
    {
      schema: {
        tags,
        summary: 'The newest evaluations that you may see, of all challenges or of one',
        querystring: z.strictObject({
          challenge: z.coerce.number().int().min(1).max(1000).exactOptional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.strictObject({ items: z.array(evaluationView) }) },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), 'evaluate');
      const found = await evaluations.list(scope, request.query);
      await door.noteUse(
        scope,
        'evaluation.read',
        found.map(({ facts }) => facts),
      );
      return { items: found.map(viewEvaluation) };
    },
  );

  app.get(
    '/v1/evaluations/:id',
    {
      schema: {
        tags,
        summary: 'An evaluation with its board: scores with intervals, ranks with ties',
        params,
        response: { 200: z.strictObject({ evaluation: evaluationView, board: z.array(placedView) }) },
      },
    },
    async (request) => {
      const shown = await evaluations.show(principalOf(request), request.params.id, 'evaluate');
      const { found, board, visible } = shown;
      return { evaluation: viewEvaluation(found), board: board.map((placed) => viewPlaced(placed, visible)) };
    },
  );

  app.post(
    '/v1/evaluations/:id/submissions',
    {
      schema: {
        tags,
        summary: 'Submit a model: it is scored once, which spends an opening of the sealed rows for good',
        params,
        body: newSubmissionSchema,
        response: { 201: z.strictObject({ id: z.string(), opening: z.int() }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const made = await evaluations.submit(principalOf(request), id, request.body, idempotencyOf(request));
      return await reply.code(201).send(made);
    },
  );

  app.post(
    '/v1/evaluations/:id/close',
    {
      schema: {
        tags,
        summary: 'Take no more submissions',
        params,
        response: { 200: z.strictObject({ done: z.literal(true) }) },
      },
    },
    async (request) => {
      await evaluations.close(principalOf(request), request.params.id);
      return { done: true as const };
    },
  );
}
