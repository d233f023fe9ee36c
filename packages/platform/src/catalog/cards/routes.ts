import { idSchema, labelSchema, purposeSchema, sha256Schema } from '@genesis/contracts';
import { z } from 'zod';
import { idempotencyOf, principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';
import type { Catalog } from '../catalog.ts';
import { batchLimits } from './import-cards.ts';
import type { CardRow } from './show-card.ts';

const tags = ['datasets'];
const datasetParams = z.strictObject({ id: idSchema('dataset') });
const score = z.number().min(0).max(100);

const cardView = z.strictObject({
  id: z.string(),
  dataset: z.string(),
  /** 1 for the first card; each replacement adds one. */
  number: z.int().min(1),
  /** Of the text, in UTF-8 with LF. */
  sha256: sha256Schema,
  /** The sensitivity of the card itself, not of its dataset. */
  label: labelSchema,
  completeness: score,
  readiness: score,
  text: z.string(),
  createdAt: z.string(),
});

const viewCard = ({ facts, card, version }: CardRow): z.output<typeof cardView> => ({
  id: card.id,
  dataset: card.dataset,
  number: version.number,
  sha256: version.sha256,
  label: facts.label,
  completeness: version.completeness,
  readiness: version.readiness,
  text: version.text,
  createdAt: new Date(version.createdAt).toISOString(),
});

export function cardRoutes(app: App, { catalog }: { catalog: Catalog }): void {
  app.get(
    '/v1/datasets/:id/card',
    {
      schema: {
        tags,
        summary: 'The data card of a dataset; it may be public where the dataset is not',
        params: datasetParams,
        querystring: z.strictObject({ purpose: purposeSchema.default('explore') }),
        response: { 200: cardView },
      },
    },
    async (request) =>
      viewCard(await catalog.showCard(principalOf(request), request.params.id, request.query.purpose)),
  );

  app.put(
    '/v1/datasets/:id/card',
    {
      schema: {
        tags,
        summary:
          'Give a dataset a card, or the next version of its card: what becomes stricter holds at once',
        params: datasetParams,
        body: z.strictObject({ card: z.string().min(1).max(300_000) }),
        response: {
          200: z.strictObject({
            card: z.string(),
            number: z.int(),
            sha256: sha256Schema,
            label: labelSchema,
            /** How many things, the dataset and what is derived from it, have stricter terms now. */
            changed: z.int(),
          }),
        },
      },
    },
    (request) =>
      catalog.replaceCard(principalOf(request), request.params.id, request.body.card, idempotencyOf(request)),
  );

  app.post(
    '/v1/cards/bulk',
    {
      bodyLimit: batchLimits.bytes,
      schema: {
        tags,
        summary: 'Import many cards of datasets whose data comes later: all of them or none',
        body: z.strictObject({
          cards: z.array(z.string().min(1).max(300_000)).min(1).max(batchLimits.cards),
          /** Who owns them; the caller's own organisation when left out. */
          organisation: idSchema('organisation').exactOptional(),
        }),
        response: {
          200: z.strictObject({
            /** In the order given. `known`: it was there already. */
            items: z.array(
              z.strictObject({
                dataset: z.string(),
                card: z.string(),
                sha256: sha256Schema,
                state: z.enum(['imported', 'known']),
              }),
            ),
          }),
        },
      },
    },
    async (request) => ({
      items: await catalog.importCards(principalOf(request), request.body, idempotencyOf(request)),
    }),
  );
}
