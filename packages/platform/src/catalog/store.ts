import { and, desc, eq, lt, or, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../door/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { dataset, datasetVersion, seal, split } from './tables.ts';

export type DatasetRow = {
  facts: ResourceFacts;
  dataset: typeof dataset.$inferSelect;
  createdAt: number;
  createdBy: string;
};
export type VersionRow = {
  facts: ResourceFacts;
  dataset: typeof dataset.$inferSelect;
  version: typeof datasetVersion.$inferSelect;
};
/** A split with its seal, and without what opens it. */
export type SplitRow = {
  facts: ResourceFacts;
  split: Omit<typeof split.$inferSelect, 'sealed'>;
  seal: {
    id: string;
    retiredAt: number | null;
    retiredBy: string | null;
    /** Whoever brought rows under this seal in, in whatever table. For the platform to judge by, never to be shown. */
    importers: string[];
    /** Whether no table with these rows could be read before it was cut. */
    alwaysSealed: boolean;
  };
};

/** All columns but `sealed`: reads never carry the wrapped key. */
const openSplitColumns = {
  id: split.id,
  dataset: split.dataset,
  version: split.version,
  seal: split.seal,
  recognised: split.recognised,
  rule: split.rule,
  keyColumns: split.keyColumns,
  tableHash: split.tableHash,
  exploreRows: split.exploreRows,
  exploreKeys: split.exploreKeys,
  confirmRows: split.confirmRows,
  confirmKeys: split.confirmKeys,
  confirmHash: split.confirmHash,
  sealedAtImport: split.sealedAtImport,
  importedBy: split.importedBy,
  createdAt: split.createdAt,
};

/** Where a page of datasets begins: after this one, newest first. */
export type DatasetPosition = { createdAt: number; id: string };

/** Datasets that the scope shows, newest first. What it does not show leaves no trace, in counts neither. */
export const listDatasets = async (
  scope: ReadScope,
  page: { limit: number; after?: DatasetPosition },
): Promise<DatasetRow[]> => {
  const { after, limit } = page;
  const beyond =
    after &&
    or(
      lt(resource.createdAt, after.createdAt),
      and(eq(resource.createdAt, after.createdAt), lt(resource.id, after.id)),
    );
  const rows = await scope.orm
    .select({ dataset, resource })
    .from(dataset)
    .innerJoin(resource, eq(resource.id, dataset.id))
    .where(and(scope.where, beyond))
    .orderBy(desc(resource.createdAt), desc(resource.id))
    .limit(limit);
  return rows.map((row) => ({
    facts: factsOf(row.resource),
    dataset: row.dataset,
    createdAt: row.resource.createdAt,
    createdBy: row.resource.createdBy,
  }));
};

export const findDataset = async (scope: ReadScope, id: string): Promise<DatasetRow | undefined> => {
  const [row] = await scope.orm
    .select({ dataset, resource })
    .from(dataset)
    .innerJoin(resource, eq(resource.id, dataset.id))
    .where(and(scope.where, eq(dataset.id, id)));
  if (row === undefined) return undefined;
  const { createdAt, createdBy } = row.resource;
  return { facts: factsOf(row.resource), dataset: row.dataset, createdAt, createdBy };
};

/** The versions of a dataset that the scope shows, newest first. */
export const listVersions = async (scope: ReadScope, datasetId: string): Promise<VersionRow[]> => {
  const rows = await scope.orm
    .select({ dataset, version: datasetVersion, resource })
    .from(datasetVersion)
    .innerJoin(dataset, eq(dataset.id, datasetVersion.dataset))
    .innerJoin(resource, eq(resource.id, datasetVersion.id))
    .where(and(scope.where, eq(datasetVersion.dataset, datasetId)))
    .orderBy(desc(datasetVersion.number));
  return rows.map(({ resource: governed, ...row }) => ({ facts: factsOf(governed), ...row }));
};

export const findVersion = async (scope: ReadScope, id: string): Promise<VersionRow | undefined> => {
  const [row] = await scope.orm
    .select({ dataset, version: datasetVersion, resource })
    .from(datasetVersion)
    .innerJoin(dataset, eq(dataset.id, datasetVersion.dataset))
    .innerJoin(resource, eq(resource.id, datasetVersion.id))
    .where(and(scope.where, eq(datasetVersion.id, id)));
  return row && { facts: factsOf(row.resource), dataset: row.dataset, version: row.version };
};

export const findSplit = async (scope: ReadScope, id: string): Promise<SplitRow | undefined> => {
  const [row] = await scope.orm
    .select({
      split: openSplitColumns,
      seal: {
        id: seal.id,
        retiredAt: seal.retiredAt,
        retiredBy: seal.retiredBy,
        importers: sql<string[]>`(select array_agg(distinct other.imported_by)
          from ${split} as other where other.seal = ${seal.id})`,
        alwaysSealed: sql<boolean>`(select bool_and(other.sealed_at_import)
          from ${split} as other where other.seal = ${seal.id})`,
      },
      resource,
    })
    .from(split)
    .innerJoin(seal, eq(seal.id, split.seal))
    .innerJoin(resource, eq(resource.id, split.id))
    .where(and(scope.where, eq(split.id, id)));
  return row && { facts: factsOf(row.resource), split: row.split, seal: row.seal };
};
