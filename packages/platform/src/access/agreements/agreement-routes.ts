import { agreementStates, agreementTypeSchema, idSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { idempotencyOf, principalOf } from '../../identity/index.ts';
import type { App, BlobStore, Clock } from '../../kernel/index.ts';
import type { Access } from '../access.ts';
import { amendmentSchema, newAgreementSchema, reasonSchema, signatureSchema } from '../model.ts';
import { agreementDetail, agreementView, viewAgreement, viewDetail } from '../views.ts';
import { findAgreement, findVersion, listAgreements } from './agreement-store.ts';

const tags = ['agreements'];
const params = z.strictObject({ id: idSchema('agreement') });
const moved = z.strictObject({
  id: z.string(),
  version: z.int(),
  state: z.string(),
  sha256: z.string(),
});
const templateView = z.strictObject({
  name: z.string(),
  title: z.string(),
  type: agreementTypeSchema.nullable(),
  blanks: z.array(z.string()),
  own: z.boolean(),
  text: z.string(),
});
const impactView = z.strictObject({
  affected: z.array(
    z.strictObject({
      kind: z.string(),
      id: z.string(),
      name: z.string().nullable(),
      how: z.enum(['covered', 'bound', 'made-under-grant']),
      createdAt: z.string(),
    }),
  ),
  complete: z.boolean(),
  closes: z.array(
    z.strictObject({
      grant: z.string(),
      dataset: z.string(),
      holders: z.array(z.string()),
      expiresAt: z.string(),
    }),
  ),
  covered: z.array(z.string()),
  openDisclosures: z.int(),
});

type Parts = { access: Access; door: Door; blobs: BlobStore; clock: Clock };

function readRoutes(app: App, { access, door, blobs, clock }: Parts): void {
  const now = (): number => clock.now().getTime();

  app.get(
    '/v1/agreements',
    {
      schema: {
        tags,
        summary: 'Agreements that you have a part in, newest first',
        querystring: z.strictObject({ state: z.enum(agreementStates).optional() }),
        response: { 200: z.strictObject({ items: z.array(agreementView) }) },
      },
    },
    async (request) => {
      const { state } = request.query;
      const rows = await listAgreements(door.authorize(principalOf(request), null));
      const items = rows.map((row) => viewAgreement(row, now()));
      return { items: items.filter((one) => state === undefined || one.state === state) };
    },
  );

  app.get(
    '/v1/agreements/templates',
    {
      schema: {
        tags,
        summary: 'Texts to begin from, with their blanks: starting points, no legal advice',
        response: { 200: z.strictObject({ items: z.array(templateView) }) },
      },
    },
    async () => ({ items: await access.templates() }),
  );

  app.get(
    '/v1/agreements/:id',
    {
      schema: {
        tags,
        summary: 'An agreement: its state, terms, the version that waits for signatures, and who signed',
        params,
        response: { 200: agreementDetail },
      },
    },
    async (request) => {
      const scope = door.authorize(principalOf(request), null);
      return viewDetail(await findAgreement(scope, request.params.id), now());
    },
  );

  app.get(
    '/v1/agreements/:id/text',
    {
      schema: {
        tags,
        summary: 'The exact text of a version, or of the latest: what is signed',
        params,
        querystring: z.strictObject({ version: z.coerce.number().int().min(1).optional() }),
      },
    },
    async (request, reply) => {
      const scope = door.authorize(principalOf(request), null);
      const { text } = await findVersion(scope, request.params.id, request.query.version);
      return await reply.type('text/markdown; charset=utf-8').send(await blobs.read(text));
    },
  );

  app.get(
    '/v1/agreements/:id/impact',
    {
      schema: {
        tags,
        summary: 'What rests on an agreement, and what a termination would close (custodians of a party)',
        params,
        response: { 200: impactView },
      },
    },
    async (request) => {
      const found = await access.impact(principalOf(request), request.params.id);
      const iso = (at: number): string => new Date(at).toISOString();
      return {
        ...found,
        affected: found.affected.map((one) => ({ ...one, createdAt: iso(one.createdAt) })),
        closes: found.closes.map((one) => ({ ...one, expiresAt: iso(one.expiresAt) })),
      };
    },
  );
}

export function agreementRoutes(app: App, parts: Parts): void {
  const { access } = parts;
  readRoutes(app, parts);

  app.post(
    '/v1/agreements',
    {
      schema: {
        tags,
        summary: 'Draft an agreement for your organisation, from a text or a template (stewards)',
        body: newAgreementSchema,
        response: { 201: moved },
      },
    },
    async (request, reply) => {
      const made = await access.draft(principalOf(request), request.body, idempotencyOf(request));
      return await reply.status(201).send(made);
    },
  );

  app.post(
    '/v1/agreements/:id/versions',
    {
      schema: {
        tags,
        summary:
          'Propose a new version; the one in force stays until all have signed it (stewards of a party)',
        params,
        body: amendmentSchema,
        response: { 201: moved },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const made = await access.amend(principalOf(request), id, request.body, idempotencyOf(request));
      return await reply.status(201).send(made);
    },
  );

  app.post(
    '/v1/agreements/:id/review',
    {
      schema: {
        tags,
        summary: 'Put a draft before the other parties (stewards of the party that drafted it)',
        params,
        response: { 200: moved },
      },
    },
    async (request) =>
      await access.change(
        principalOf(request),
        request.params.id,
        { act: 'review', reason: null },
        idempotencyOf(request),
      ),
  );

  app.post(
    '/v1/agreements/:id/signatures',
    {
      schema: {
        tags,
        summary: 'Sign the text whose SHA-256 you give (the representative of a party)',
        params,
        body: signatureSchema,
        response: { 200: moved.extend({ missing: z.array(z.string()) }) },
      },
    },
    async (request) =>
      await access.sign(principalOf(request), request.params.id, request.body, idempotencyOf(request)),
  );

  const acts = {
    suspend: 'Close what rests on an agreement until it is resumed (stewards of a party)',
    resume: 'Open again what a suspension closed (stewards of the party that suspended it)',
    terminate: 'End an agreement for good (stewards of a party)',
  } as const;
  for (const [act, summary] of Object.entries(acts) as [keyof typeof acts, string][]) {
    app.post(
      `/v1/agreements/:id/${act}`,
      { schema: { tags, summary, params, body: reasonSchema, response: { 200: moved } } },
      async (request) =>
        await access.change(
          principalOf(request),
          request.params.id,
          { act, reason: request.body.reason },
          idempotencyOf(request),
        ),
    );
  }
}
