import type { Purpose } from '@genesis/contracts';
import type { Door, EvidenceReads, ReadScope } from '../../door/index.ts';
import { isAnonymous, organisationNames } from '../../identity/index.ts';
import type { Clock, Database } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { hidden } from '../read.ts';
import type { DatasetRecord, LineageStatement } from '../standards/record.ts';
import { buildRecord, type Site } from './build-record.ts';
import {
  type DescribedItem,
  type DescribedQuery,
  findDescribed,
  listDescribed,
  listOwners,
  loadDescribed,
} from './described-store.ts';

/** What descriptions are made from. */
export type MetadataParts = {
  door: Door;
  database: Database;
  clock: Clock;
  evidence: EvidenceReads;
  site: () => Site;
};

/** A record with when what may be seen of it last changed, and who owns it. */
export type DescribedRecord = Omit<DescribedItem, 'id'> & { record: DatasetRecord };

export type Owner = { id: string; name: string };

async function recordsOf(
  parts: MetadataParts,
  scope: ReadScope,
  items: readonly DescribedItem[],
  lineage: readonly LineageStatement[],
): Promise<DescribedRecord[]> {
  const { datasets, versions, cards } = await loadDescribed(
    scope,
    items.map(({ id }) => id),
  );
  const owners = [...new Set(items.flatMap(({ owner }) => owner ?? []))];
  const names = await organisationNames(parts.database, owners);
  const day = parts.clock.now().toISOString().slice(0, 10);
  const site = parts.site();
  return items.map(({ id, datestamp, owner }) => {
    const described = {
      ...{ id, lineage },
      dataset: datasets.get(id) ?? null,
      version: versions.get(id) ?? null,
      card: cards.get(id) ?? null,
      owner: owner === null ? null : (names.get(owner) ?? null),
    };
    return { datestamp, owner, record: buildRecord(described, site, day) };
  });
}

/**
 * Descriptions of one page of what the scope shows. What is not public of it is entered in the ledger as shown, once for the
 * page.
 */
export async function describePage(
  parts: MetadataParts,
  scope: ReadScope,
  query: DescribedQuery,
): Promise<{ records: DescribedRecord[]; next: string | null }> {
  const items = await listDescribed(scope, { ...query, limit: query.limit + 1 });
  const shown = items.slice(0, query.limit);
  const { datasets, cards } = await loadDescribed(
    scope,
    shown.map(({ id }) => id),
  );
  await parts.door.noteUse(
    scope,
    'dataset.read',
    [...datasets.values()].map(({ facts }) => facts),
  );
  const alone = [...cards.entries()].filter(([id]) => !datasets.has(id));
  await parts.door.noteUse(
    scope,
    'card.read',
    alone.map(([, { facts }]) => facts),
  );
  const records = await recordsOf(parts, scope, shown, []);
  return { records, next: items.length > query.limit ? (shown.at(-1)?.id ?? null) : null };
}

/** What may be seen of the lineage of several things, each statement once. */
async function lineageOf(
  { evidence }: MetadataParts,
  scope: ReadScope,
  things: readonly string[],
): Promise<LineageStatement[]> {
  const found = new Map<string, LineageStatement>();
  for (const thing of things) {
    const { edges } = await evidence.lineage(scope, thing);
    for (const edge of edges)
      found.set(JSON.stringify([edge.entry, edge.subject, edge.relation, edge.object]), edge);
  }
  return [...found.values()];
}

/**
 * The description of one dataset: of all of it where the dataset may be seen, of its card alone where only that may. The use
 * is decided, and entered in the ledger when it is not public.
 *
 * @throws GenesisError `not-found` where nothing of it may be seen, whether or not there is anything
 */
export async function describeDataset(
  parts: MetadataParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose,
  options: { lineage: boolean } = { lineage: false },
): Promise<DescribedRecord> {
  const scope = parts.door.authorize(principal, purpose);
  const item = await findDescribed(scope, id);
  const { datasets, versions, cards } = await loadDescribed(scope, item === undefined ? [] : [id]);
  if (item === undefined && isAnonymous(principal)) throw hidden();
  const card = datasets.has(id) ? undefined : cards.get(id);
  if (card === undefined) await parts.door.use(principal, 'dataset.read', id, purpose);
  else await parts.door.use(principal, 'card.read', card.card.id, purpose);
  if (item === undefined) throw hidden();
  const newest = versions.get(id)?.version.id;
  const things = [id, ...(newest === undefined ? [] : [newest])];
  const lineage = await lineageOf(parts, scope, options.lineage && datasets.has(id) ? things : []);
  const [record] = await recordsOf(parts, scope, [item], lineage);
  return record!;
}

/** Organisations that own something which the scope shows. */
export async function describedOwners(parts: MetadataParts, scope: ReadScope): Promise<Owner[]> {
  const owners = await listOwners(scope);
  const names = await organisationNames(parts.database, owners);
  return owners.map((id) => ({ id, name: names.get(id) ?? id }));
}
