import type { Purpose } from '@genesis/contracts';
import { and, inArray } from 'drizzle-orm';
import type { ReadScope } from '../door/index.ts';
import type { Idempotency, Ids } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { type ImportedCard, importCards } from './cards/import-cards.ts';
import { createCardReaders } from './cards/read-cards.ts';
import { replaceCard } from './cards/replace-card.ts';
import { showCard } from './cards/show-card.ts';
import { retireSplit } from './confirm.ts';
import { createHarvest, startHarvest } from './harvest/harvests.ts';
import { defaultLimits, type IngestLimits } from './ingest/model.ts';
import { createWaitingChild } from './ingest/waiting-child.ts';
import { acceptCut, acceptImport, catalogQueue, findJob, receiveContent } from './jobs.ts';
import type { Cut, ImportRequest } from './model.ts';
import { writeNamedTable } from './named-table.ts';
import type { CatalogParts } from './parts.ts';
import { previewCurve, previewPicture } from './preview.ts';
import { type ExportForm, exportVisible, showDataset, showSplit, showVersion } from './read.ts';
import type { SavedSearch } from './search/model.ts';
import { findSaved, forgetSaved, listSaved, runSaved, type SavedRow, saveSearch } from './search/saved.ts';
import { type SearchRequest, search } from './search/search.ts';
import { openOriginal, type SliceWanted, sliceVersion } from './slices.ts';
import { openStaging, type Staging } from './staging.ts';
import { type DatasetPosition, listDatasets } from './store.ts';
import { catalogJob } from './tables.ts';
import { createTables } from './tables-port.ts';
import { createUploads, expiryQueue } from './uploads/uploads.ts';
import { workOnJob } from './work.ts';

/** Folders of jobs that are no imports: none outlives the process. */
const jobFolders = (staging: Staging, ids: Ids) => ({
  open: async () => {
    const job = ids.next('upload');
    return { job, folder: await staging.folder(job) };
  },
  clear: (job: string) => staging.clear(job),
});

/** Governed tables, trees and files: import, versions, splits and their seals, and every read of them. */
export const createCatalog = async (
  given: Omit<CatalogParts, 'staging' | 'limits' | 'progress' | 'cardReaders' | 'waitingChild'> & {
    dataFolder: string;
    limits?: Partial<IngestLimits>;
  },
) => {
  const { dataFolder, ...rest } = given;
  const staging = await openStaging(dataFolder);
  const limits = { ...defaultLimits, ...given.limits };
  const parts: CatalogParts = {
    ...{ ...rest, staging, limits, progress: new Map(), cardReaders: createCardReaders() },
    waitingChild: createWaitingChild(jobFolders(staging, rest.ids), limits, (error) =>
      rest.log.warn({ error }, 'the child that waits for a slice failed'),
    ),
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
    search: (scope: ReadScope, wanted: SearchRequest) => search(parts, scope, wanted),
    saveSearch: (
      principal: PrincipalFacts,
      wanted: { name: string; search: SavedSearch },
      idempotency?: Idempotency,
    ) => saveSearch(parts, principal, wanted, idempotency),
    listSaved: (scope: ReadScope) => listSaved(scope),
    findSaved: (scope: ReadScope, id: string) => findSaved(scope, id),
    runSaved: (scope: ReadScope, row: SavedRow) => runSaved(parts, scope, row),
    forgetSaved: (scope: ReadScope, id: string) => forgetSaved(parts, scope, id),
    listDatasets: (scope: ReadScope, page: { limit: number; after?: DatasetPosition }) =>
      listDatasets(scope, page),
    showDataset: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      showDataset(parts, principal, id, purpose),
    showCard: (principal: PrincipalFacts, dataset: string, purpose: Purpose | null) =>
      showCard(parts, principal, dataset, purpose),
    replaceCard: (principal: PrincipalFacts, dataset: string, card: string, idempotency?: Idempotency) =>
      replaceCard(parts, principal, dataset, card, idempotency),
    importCards: (
      principal: PrincipalFacts,
      wanted: { cards: readonly string[]; organisation?: string | undefined },
      idempotency?: Idempotency,
    ): Promise<ImportedCard[]> => importCards(parts, principal, wanted, idempotency),
    /** A table as a file for programs; see `writeNamedTable`. */
    writeNamedTable: (principal: PrincipalFacts, id: string, purpose: Purpose | null, target: string) =>
      writeNamedTable(parts, principal, id, purpose, target),
    showVersion: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      showVersion(parts, principal, id, purpose),
    showSplit: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      showSplit(parts, principal, id, purpose),
    sliceVersion: (principal: PrincipalFacts, id: string, purpose: Purpose | null, wanted: SliceWanted) =>
      sliceVersion(parts, principal, id, purpose, wanted),
    previewCurve: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      previewCurve(parts, principal, id, purpose),
    previewPicture: (principal: PrincipalFacts, id: string, purpose: Purpose | null) =>
      previewPicture(parts, principal, id, purpose),
    openOriginal: (principal: PrincipalFacts, id: string) => openOriginal(parts, principal, id),
    exportVisible: (principal: PrincipalFacts, version: string, form?: ExportForm) =>
      exportVisible(parts, principal, version, form),
    ...createHarvest(parts),
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
      await startHarvest(parts);
    },
    close: () => parts.waitingChild.close(),
  };
};
export type Catalog = Awaited<ReturnType<typeof createCatalog>>;
