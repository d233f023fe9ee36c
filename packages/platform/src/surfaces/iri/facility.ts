import { z } from 'zod';
import { readInventory, viewFacility, viewSite } from './inventory.ts';
import { missing } from './missing.ts';
import { type Operation, operation, unchanged } from './operation.ts';
import { filterText, idText, millisecondsOf, time, windowOf, windowQuery } from './parameters.ts';
import { facilitySchema, siteSchema } from './schemas.ts';

const since = { modified_since: time.optional() };

export const facilityOperations: readonly Operation[] = [
  operation({
    id: 'getFacility',
    method: 'GET',
    path: '/facility',
    summary: 'The facility',
    public: true,
    query: z.strictObject(since),
    answer: facilitySchema,
    handle: async ({ scope, query, uris, isUnchanged }) => {
      const inventory = await readInventory(scope);
      if (isUnchanged(inventory.facility.modifiedAt, query.modified_since)) return unchanged;
      return viewFacility(inventory, uris);
    },
  }),

  operation({
    id: 'getSites',
    method: 'GET',
    path: '/facility/sites',
    summary: 'Its sites',
    public: true,
    query: z.strictObject({
      ...windowQuery,
      ...since,
      name: filterText.optional(),
      short_name: filterText.optional(),
    }),
    answer: z.array(siteSchema),
    handle: async ({ scope, query, uris }) => {
      const inventory = await readInventory(scope);
      const { name, short_name, modified_since } = query;
      const least = millisecondsOf(modified_since) ?? 0;
      const found = inventory.sites.filter(
        (site) =>
          (name === undefined || (site.description.longName ?? site.name) === name) &&
          (short_name === undefined || site.name === short_name) &&
          site.modifiedAt >= least,
      );
      return windowOf(found, query).map((site) => viewSite(site, inventory, uris));
    },
  }),

  operation({
    id: 'getSite',
    method: 'GET',
    path: '/facility/sites/:site_id',
    summary: 'A site',
    public: true,
    params: z.strictObject({ site_id: idText }),
    query: z.strictObject(since),
    answer: siteSchema,
    handle: async ({ scope, params, query, uris, isUnchanged }) => {
      const inventory = await readInventory(scope);
      const site = inventory.sites.find(({ id }) => id === params.site_id);
      if (site === undefined) throw missing('site');
      if (isUnchanged(site.modifiedAt, query.modified_since)) return unchanged;
      return viewSite(site, inventory, uris);
    },
  }),
];
