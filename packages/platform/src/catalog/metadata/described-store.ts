import { and, desc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../../door/index.ts';
import type { CardRow } from '../cards/show-card.ts';
import type { DatasetRow, VersionRow } from '../store.ts';
import { card, cardVersion, dataset, datasetVersion } from '../tables.ts';

/** Which datasets to list, by their ids upwards: after one, changed within an interval (milliseconds), of an owner. */
export type DescribedQuery = {
  limit: number;
  after?: string;
  from?: number;
  until?: number;
  owner?: string;
};

/** A dataset of which something may be seen. `datestamp`: when what may be seen of it last changed. */
export type DescribedItem = { id: string; datestamp: number; owner: string | null };

/** Drizzle takes the tables off columns that stand in a field itself, which would tie these to the wrong rows. */
const field = <T>(inside: SQL): SQL<T> => sql<T>`${inside}`;

/** Inside these, `resource` is another row than outside: the one of the dataset, of its card, or of its versions. */
const expressions = (scope: ReadScope) => {
  const own = sql`(select 1 from ${resource} where ${resource.id} = ${dataset.id} and ${scope.where})`;
  const itsCard = sql`(select 1 from ${card} join ${resource} on ${resource.id} = ${card.id}
    where ${card.dataset} = ${dataset.id} and ${scope.where})`;
  const owner = field<string | null>(sql`coalesce(
    (select ${resource.organisation} from ${resource} where ${resource.id} = ${dataset.id} and ${scope.where}),
    (select ${resource.organisation} from ${card} join ${resource} on ${resource.id} = ${card.id}
      where ${card.dataset} = ${dataset.id} and ${scope.where}))`);
  const datestamp = field<number>(sql`greatest(
    (select ${resource.createdAt} from ${resource} where ${resource.id} = ${dataset.id} and ${scope.where}),
    (select max(${datasetVersion.createdAt}) from ${datasetVersion}
      join ${resource} on ${resource.id} = ${datasetVersion.id}
      where ${datasetVersion.dataset} = ${dataset.id} and ${scope.where}),
    (select ${cardVersion.createdAt} from ${card}
      join ${cardVersion} on ${cardVersion.card} = ${card.id} and ${cardVersion.number} = ${card.number}
      join ${resource} on ${resource.id} = ${card.id}
      where ${card.dataset} = ${dataset.id} and ${scope.where}))::float8`);
  return { visible: sql`(exists ${own} or exists ${itsCard})`, owner, datestamp };
};

/** Datasets of which the scope shows something, the dataset itself or its card, by their ids. */
export async function listDescribed(scope: ReadScope, query: DescribedQuery): Promise<DescribedItem[]> {
  const { visible, owner, datestamp } = expressions(scope);
  const conditions: (SQL | undefined)[] = [
    visible,
    query.after === undefined ? undefined : gt(dataset.id, query.after),
    query.from === undefined ? undefined : sql`${datestamp} >= ${query.from}`,
    query.until === undefined ? undefined : sql`${datestamp} <= ${query.until}`,
    query.owner === undefined ? undefined : sql`${owner} = ${query.owner}`,
  ];
  return await scope.orm
    .select({ id: dataset.id, datestamp, owner })
    .from(dataset)
    .where(and(...conditions))
    .orderBy(dataset.id)
    .limit(query.limit);
}

/** One dataset of the list; undefined where nothing of it may be seen. */
export async function findDescribed(scope: ReadScope, id: string): Promise<DescribedItem | undefined> {
  const { visible, owner, datestamp } = expressions(scope);
  const [row] = await scope.orm
    .select({ id: dataset.id, datestamp, owner })
    .from(dataset)
    .where(and(eq(dataset.id, id), visible));
  return row;
}

/** The owners of datasets of which something may be seen. */
export async function listOwners(scope: ReadScope): Promise<string[]> {
  const { visible, owner } = expressions(scope);
  const rows = await scope.orm.selectDistinct({ owner }).from(dataset).where(visible);
  return rows.flatMap((row) => row.owner ?? []).sort();
}

/** What the scope shows of these datasets: rows, newest versions and cards, by the id of the dataset. */
export async function loadDescribed(scope: ReadScope, ids: readonly string[]) {
  const wanted = [...ids];
  const datasets = new Map<string, DatasetRow>();
  const versions = new Map<string, VersionRow>();
  const cards = new Map<string, CardRow>();
  if (wanted.length === 0) return { datasets, versions, cards };
  const rows = await scope.orm
    .select({ dataset, resource })
    .from(dataset)
    .innerJoin(resource, eq(resource.id, dataset.id))
    .where(and(scope.where, inArray(dataset.id, wanted)));
  for (const row of rows) {
    const { createdAt, createdBy } = row.resource;
    datasets.set(row.dataset.id, {
      ...{ facts: factsOf(row.resource), dataset: row.dataset, createdAt, createdBy },
    });
  }
  const newest = await scope.orm
    .selectDistinctOn([datasetVersion.dataset], { dataset, version: datasetVersion, resource })
    .from(datasetVersion)
    .innerJoin(dataset, eq(dataset.id, datasetVersion.dataset))
    .innerJoin(resource, eq(resource.id, datasetVersion.id))
    .where(and(scope.where, inArray(datasetVersion.dataset, wanted)))
    .orderBy(datasetVersion.dataset, desc(datasetVersion.number));
  for (const { resource: governed, ...row } of newest)
    versions.set(row.dataset.id, { facts: factsOf(governed), ...row });
  const bound = await scope.orm
    .select({ card, version: cardVersion, resource })
    .from(card)
    .innerJoin(cardVersion, and(eq(cardVersion.card, card.id), eq(cardVersion.number, card.number)))
    .innerJoin(resource, eq(resource.id, card.id))
    .where(and(scope.where, inArray(card.dataset, wanted)));
  for (const row of bound)
    cards.set(row.card.dataset, { facts: factsOf(row.resource), card: row.card, version: row.version });
  return { datasets, versions, cards };
}
