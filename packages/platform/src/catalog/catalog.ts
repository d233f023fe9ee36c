import type { Purpose } from '@genesis/contracts';
import { and, inArray } from 'drizzle-orm';
import type { ReadScope } from '../door/index.ts';
import type { Idempotency } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { replaceCard } from './cards/replace-card.ts';
import { showCard } from './cards/show-card.ts';
import { retireSplit } from './confirm.ts';
import { defaultLimits, type IngestLimits } from './ingest/model.ts';
import { acceptCut, acceptImport, catalogQueue, findJob, receiveContent } from './jobs.ts';
import type { Cut, ImportRequest } from './model.ts';
import type { CatalogParts } from './parts.ts';
import { exportVisible, showDataset, showSplit, showVersion } from './read.ts';
import { openStaging } from './staging.ts';
import { type DatasetPosition, listDatasets } from './store.ts';
import { catalogJob } from './tables.ts';
import { createTables } from './tables-port.ts';
import { createUploads, expiryQueue } from './uploads/uploads.ts';
import { workOnJob } from './work.ts';

/** Governed tables: import, versions, splits and their seals, and every read of them. */
export const createCatalog = async (
  given: Omit<CatalogParts, 'staging' | 'limits' | 'progress'> & {
    dataFolder: string;
    limits?: Partial<IngestLimits>;
  },
) => {
  const { dataFolder, limits, ...rest } = given;
  const parts: CatalogParts = {
    ...rest,
    staging: await openStaging(dataFolder),
    limits: { ...defaultLimits, ...limits },
    progress: new Map(),
  };
  const uploads = createUploads(parts);
  return {
    uploads,
    acceptImport: (principal: PrincipalFacts, wanted: ImportRequest, idempotency?: Idempotency) =>
      acceptImport(parts, principal, wanted, idempotency),
    receiveContent: (
      principal: PrincipalFacts,
      job: string,
      content: AsyncIterable<Uint8Array>,
      limitBytes?: number,
    ) => receiveContent(parts, principal, job, content, limitBytes),
    acceptCut: (
      principal: PrincipalFacts,
      wanted: { dataset: string; version: string; cut: Cut },
      idempotency?: Idempotency,
    ) => acceptCut(parts, principal, wanted, idempotency),
    findJob: (scope: ReadScope, id: string) => findJob(parts, scope, id),
    listDatasets: (scope: ReadScope, page: { limit: number; after?: DatasetPosition }) =>
      listDatasets(scope, page),
    showDataset: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      showDataset(parts, principal, id, purpose),
    showCard: (principal: PrincipalFacts, dataset: string, purpose: Purpose | null) =>
      showCard(parts, principal, dataset, purpose),
    replaceCard: (principal: PrincipalFacts, dataset: string, card: string, idempotency?: Idempotency) =>
      replaceCard(parts, principal, dataset, card, idempotency),
    showVersion: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      showVersion(parts, principal, id, purpose),
    showSplit: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      showSplit(parts, principal, id, purpose),
    exportVisible: (principal: PrincipalFacts, version: string) => exportVisible(parts, principal, version),
    retireSplit: (principal: PrincipalFacts, id: string) => retireSplit(parts, principal, id),
    tables: createTables(parts),
    /** Starts the background work of this process. Staged bytes that belong to no job in progress are removed. */
    start: async (): Promise<void> => {
      const staged = await parts.staging.jobs();
      const alive =
        staged.length === 0
          ? []
          : await parts.database.orm
              .select({ id: catalogJob.id })
              .from(catalogJob)
              .where(
                and(
                  inArray(catalogJob.id, staged),
                  inArray(catalogJob.state, ['queued', 'awaiting-content']),
                ),
              );
      const keep = new Set(alive.map(({ id }) => id));
      for (const job of staged) if (!keep.has(job)) await parts.staging.clear(job);
      await parts.queue.work(expiryQueue, ({ job }) => uploads.expire(job));
      await parts.queue.work(catalogQueue, ({ job }, context) => workOnJob(parts, job, context));
    },
  };
};
export type Catalog = Awaited<ReturnType<typeof createCatalog>>;
