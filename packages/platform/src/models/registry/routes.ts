import { GenesisError, idSchema, labelSchema, modelStages } from '@genesis/contracts';
import { formatVerifierKey } from '@genesis/evidence';
import { z } from 'zod';
import { idempotencyOf, principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { Models } from '../models.ts';
import type { Serving } from '../serving/serving.ts';
import { bomOf, exportModel } from './export-model.ts';
import type { RegistryParts } from './parts.ts';
import { registerModel } from './register.ts';
import type { RegisteredRow } from './rows.ts';
import { decideStage, moveStage } from './stages.ts';

const tags = ['models'];
const params = z.strictObject({ id: idSchema('model') });
const reason = z.string().trim().min(1).max(2000);
const stageNow = z.strictObject({
  stage: z.enum(modelStages.states),
  proposal: z.strictObject({ by: z.string(), at: z.number(), reason: z.string() }).nullable(),
});

/** Registering, moving from stage to stage, and taking elsewhere. */
export function registryRoutes(
  app: App,
  parts: RegistryParts & { models: Models; serving: Pick<Serving, 'forget'> },
): void {
  const { door, models, serving, signer } = parts;

  /** A version that a run left. @throws GenesisError `conflict` for a surrogate */
  async function registered(principal: PrincipalFacts, id: string) {
    const { scope } = await door.use(principal, 'model.read', id, 'infer');
    const found = await models.find(scope, id);
    if (found.row.kind === 'registered') return { row: found.row as RegisteredRow, facts: found.facts };
    const message = `This is a surrogate of a campaign. It goes out with the evidence of ${found.row.campaign}: genesis campaign export`;
    throw new GenesisError({ code: 'conflict', message });
  }

  app.get(
    '/v1/provenance/key',
    {
      schema: {
        tags,
        summary: 'The key that checks the provenance of exported models',
        response: { 200: z.strictObject({ verifierKey: z.string() }) },
      },
    },
    () => ({ verifierKey: formatVerifierKey(signer.key) }),
  );

  app.post(
    '/v1/models',
    {
      schema: {
        tags,
        summary: 'Register the model that a training run left; again, it gives the one that is there',
        body: z.strictObject({ run: idSchema('run'), name: z.string().max(100).optional() }),
        response: { 201: z.strictObject({ id: z.string(), repeated: z.boolean() }) },
      },
    },
    async (request, reply) =>
      await reply.status(201).send(await registerModel(parts, principalOf(request), request.body)),
  );

  app.get(
    '/v1/models/:id/moves',
    {
      schema: {
        tags,
        summary: 'How a version came to its stage',
        params,
        response: {
          200: z.strictObject({
            items: z.array(
              z.strictObject({
                number: z.int(),
                from: z.string(),
                to: z.string(),
                by: z.string(),
                askedBy: z.string().nullable(),
                reason: z.string(),
                entry: z.string(),
                at: z.string(),
              }),
            ),
          }),
        },
      },
    },
    async (request) => {
      const { scope } = await door.use(principalOf(request), 'model.read', request.params.id, 'infer');
      const moves = await models.moves(scope, request.params.id);
      return {
        items: moves.map(({ model: _model, at, ...move }) => ({ ...move, at: new Date(at).toISOString() })),
      };
    },
  );

  app.get(
    '/v1/models/:id/bom',
    {
      schema: {
        tags,
        summary: 'The bill of materials of a version, CycloneDX 1.6 in JSON',
        params,
        produces: ['application/vnd.cyclonedx+json'],
      },
    },
    async (request, reply) => {
      const { row, facts } = await registered(principalOf(request), request.params.id);
      const { bom } = await bomOf(parts, row, facts);
      return await reply.type('application/vnd.cyclonedx+json; version=1.6').send(bom);
    },
  );

  app.post(
    '/v1/models/:id/stage',
    {
      schema: {
        tags,
        summary: 'Move a version to another stage; for production it is proposed, and another person decides',
        params,
        body: z.strictObject({ to: z.enum(modelStages.states), reason }),
        response: { 200: stageNow },
      },
    },
    async (request) => {
      const { id } = request.params;
      const now = await moveStage(parts, principalOf(request), id, request.body, idempotencyOf(request));
      if (now.stage === 'retired') serving.forget(id);
      return now;
    },
  );

  app.post(
    '/v1/models/:id/approval',
    {
      schema: {
        tags,
        summary: 'Decide, as the second person, whether a version goes into production',
        params,
        body: z.strictObject({ agree: z.boolean(), reason }),
        response: { 200: stageNow },
      },
    },
    async (request) => {
      const { id } = request.params;
      const principal = principalOf(request);
      const proposal = await models.proposalOf(door.authorize(principal, 'infer'), id);
      return await decideStage(parts, principal, id, proposal, request.body, idempotencyOf(request));
    },
  );

  app.post(
    '/v1/models/:id/export',
    {
      schema: {
        tags,
        summary: 'A version as a zip file, with card, bill of materials and signed provenance',
        params,
        body: z.strictObject({ destination: labelSchema.default({ level: 'public', categories: [] }) }),
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const { row } = await registered(principal, id);
      const archive = await exportModel(parts, principal, row, request.body.destination);
      return await reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="${id}.zip"`)
        .send(archive);
    },
  );
}
