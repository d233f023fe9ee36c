import type { ReadScope } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { CatalogParts } from '../parts.ts';
import { hidden } from '../read.ts';
import { fetchRemote, workOnFetch } from './fetch-remote.ts';
import { workOnHarvest } from './harvest.ts';
import { addSource, runSource } from './manage.ts';
import type { HarvestRequest } from './model.ts';
import { fetchQueue, harvestQueue } from './queues.ts';
import { findRemote, findSource, listRemotes, listSources, type RemotePosition } from './store.ts';

/** Other catalogs: their harvest, what they say, and files from there. */
export const createHarvest = (parts: CatalogParts) => ({
  addSource: (principal: PrincipalFacts, wanted: HarvestRequest, idempotency?: Idempotency) =>
    addSource(parts, principal, wanted, idempotency),
  runSource: (principal: PrincipalFacts, id: string, idempotency?: Idempotency) =>
    runSource(parts, principal, id, idempotency),
  listSources: (scope: ReadScope) => listSources(scope),
  findSource: async (scope: ReadScope, id: string) => {
    const found = await findSource(scope, id);
    if (found === undefined) throw hidden();
    return found;
  },
  listRemotes: (
    scope: ReadScope,
    page: { limit: number; after?: RemotePosition; source?: string; vanished: boolean },
  ) => listRemotes(scope, page),
  showRemote: async (principal: PrincipalFacts, id: string) => {
    const { scope } = await parts.door.use(principal, 'dataset.read', id, 'explore');
    const found = await findRemote(scope, id);
    if (found === undefined) throw hidden();
    return found;
  },
  fetchRemote: (
    principal: PrincipalFacts,
    wanted: { remote: string; file: number; name?: string },
    idempotency?: Idempotency,
  ) => fetchRemote(parts, principal, wanted, idempotency),
});

export const startHarvest = async (parts: CatalogParts): Promise<void> => {
  await parts.queue.work(harvestQueue, (payload, context) => workOnHarvest(parts, payload, context));
  await parts.queue.work(fetchQueue, (payload, context) => workOnFetch(parts, payload, context));
};
