import { purposeSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import { type App, type Cursors, pageQuery } from '../../kernel/index.ts';
import type { Catalog } from '../catalog.ts';
import { noteHits } from './hits.ts';
import { facetNames, queryLimits, sorts } from './model.ts';
import { positionSchema } from './page.ts';
import { savedSearchRoutes } from './saved-routes.ts';
import { hitView, viewHit } from './views.ts';

const tags = ['search'];

const value = z.string().trim().min(1).max(queryLimits.wordCharacters);
/** A facet once, or several times: any of its values. */
const facetValues = z
  .union([value, z.array(value).max(queryLimits.values)])
  .transform((given) => (Array.isArray(given) ? given : [given]))
  .exactOptional();

const searchView = z.strictObject({
  items: z.array(hitView),
  nextCursor: z.string().nullable(),
  /** With the first page only. Not exact where there are more than are counted: at least so many. */
  total: z.strictObject({ count: z.int(), exact: z.boolean() }).nullable(),
  /** With the first page only; where the total is not exact, over the newest of the hits. */
  facets: z
    .array(
      z.strictObject({
        facet: z.enum(facetNames),
        values: z.array(z.strictObject({ value: z.string(), count: z.int() })),
      }),
    )
    .nullable(),
});

const filters = Object.fromEntries(facetNames.map((name) => [name, facetValues])) as Record<
  (typeof facetNames)[number],
  typeof facetValues
>;
/** The purpose of the reader takes the plain name; the facet of purposes that data allows is `allows`. */
const { purpose: allows, ...plain } = filters;

const searchQuery = z.strictObject({
  q: z.string().max(queryLimits.characters).default(''),
  ...plain,
  /** Purposes that the data allows. */
  allows,
  sort: z.enum(sorts).default('relevance'),
  purpose: purposeSchema.default('explore'),
});

export function searchRoutes(app: App, parts: { catalog: Catalog; door: Door; cursors: Cursors }): void {
  const { catalog, door, cursors } = parts;
  savedSearchRoutes(app, { catalog, door });
  app.get(
    '/v1/search',
    {
      schema: {
        tags,
        summary: 'Search datasets, and the cards of datasets, that you may see: hits, facets and total',
        querystring: searchQuery.extend({ ...pageQuery, limit: pageQuery.limit.default(20) }),
        response: { 200: searchView },
      },
    },
    async (request) => {
      const { q, sort, limit, cursor, purpose, allows: purposes, ...rest } = request.query;
      const only = { ...rest, ...(purposes === undefined ? {} : { purpose: purposes }) };
      const list = JSON.stringify(['search', q, only, sort, purpose]);
      const after = cursor === undefined ? {} : { after: cursors.decode(list, cursor, positionSchema) };
      const scope = door.authorize(principalOf(request), purpose);
      const { hits, next, counts } = await catalog.search(scope, { q, only, sort, limit, ...after });
      await noteHits(door, scope, hits);
      return {
        items: hits.map(viewHit),
        nextCursor: next === null ? null : cursors.encode(list, next),
        total: counts?.total ?? null,
        facets: counts?.facets ?? null,
      };
    },
  );
}
