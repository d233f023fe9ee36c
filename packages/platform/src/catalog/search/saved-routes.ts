import { idSchema, purposeSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { idempotencyOf, principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';
import type { Catalog } from '../catalog.ts';
import { noteHits } from './hits.ts';
import { type FacetName, facetNames, queryLimits, sorts } from './model.ts';
import type { SavedRow } from './saved.ts';
import { hitView, viewHit } from './views.ts';

const tags = ['search'];
const params = z.strictObject({ id: idSchema('search') });
const values = z
  .array(z.string().trim().min(1).max(queryLimits.wordCharacters))
  .min(1)
  .max(queryLimits.values);
/** Facets that narrow it, by name: any of the values of each. */
const filters = z.partialRecord(z.enum(facetNames), values);

const savedBody = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}\u202A-\u202E\u2066-\u2069]*$/u, 'control characters are not allowed'),
  q: z.string().max(queryLimits.characters).default(''),
  facets: filters.default({}),
  sort: z.enum(sorts).default('relevance'),
  purpose: purposeSchema.default('explore'),
});

const savedView = z.strictObject({
  id: z.string(),
  name: z.string(),
  q: z.string(),
  facets: filters,
  sort: z.enum(sorts),
  purpose: purposeSchema,
  createdAt: z.string(),
  /** When it was run last; null before that. */
  ranAt: z.string().nullable(),
});

const time = (at: number): string => new Date(at).toISOString();

function viewSaved({ id, name, search, createdAt, ranAt }: SavedRow): z.output<typeof savedView> {
  const { q, only, sort, purpose } = search;
  const facets = Object.fromEntries(Object.entries(only).map(([facet, all]) => [facet, [...all]])) as Partial<
    Record<FacetName, string[]>
  >;
  const ran = ranAt === null ? null : time(ranAt);
  return { id, name, q, facets, sort, purpose, createdAt: time(createdAt), ranAt: ran };
}

export function savedSearchRoutes(app: App, parts: { catalog: Catalog; door: Door }): void {
  const { catalog, door } = parts;

  app.post(
    '/v1/saved-searches',
    {
      schema: {
        tags,
        summary: 'Keep a search, for yourself alone',
        body: savedBody,
        response: { 201: savedView },
      },
    },
    async (request, reply) => {
      const { name, q, facets, sort, purpose } = request.body;
      const wanted = { name, search: { q, only: facets, sort, purpose } };
      const row = await catalog.saveSearch(principalOf(request), wanted, idempotencyOf(request));
      return await reply.status(201).send(viewSaved(row));
    },
  );

  app.get(
    '/v1/saved-searches',
    {
      schema: {
        tags,
        summary: 'Your saved searches',
        response: { 200: z.strictObject({ items: z.array(savedView) }) },
      },
    },
    async (request) => {
      const rows = await catalog.listSaved(door.authorize(principalOf(request), null));
      return { items: rows.map(viewSaved) };
    },
  );

  app.post(
    '/v1/saved-searches/:id/run',
    {
      schema: {
        tags,
        summary: 'Run a saved search again, newest first, and tell what is new since its last run',
        params,
        response: {
          200: z.strictObject({
            search: savedView,
            items: z.array(hitView.extend({ fresh: z.boolean() })),
            /** Whether there are more hits than are compared: these are the newest. */
            more: z.boolean(),
          }),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const row = await catalog.findSaved(door.authorize(principal, null), request.params.id);
      const scope = door.authorize(principal, row.search.purpose);
      const { result, fresh } = await catalog.runSaved(scope, row);
      await noteHits(door, scope, result.hits);
      const items = result.hits.map((one) => ({ ...viewHit(one), fresh: fresh.has(one.hit.id) }));
      return { search: viewSaved(row), items, more: result.next !== null };
    },
  );

  app.delete(
    '/v1/saved-searches/:id',
    {
      schema: {
        tags,
        summary: 'Delete a saved search',
        params,
        response: { 200: z.strictObject({ done: z.literal(true) }) },
      },
    },
    async (request) => {
      await catalog.forgetSaved(door.authorize(principalOf(request), null), request.params.id);
      return { done: true as const };
    },
  );
}
