import type { Conditions, Label, Purpose } from '@genesis/contracts';
import { levels } from '@genesis/contracts';
import { inArray, sql } from 'drizzle-orm';
import type { Database, Tx } from '../kernel/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import { resource } from './tables.ts';
import type { WriteTx } from './tx.ts';

type ResourceRow = typeof resource.$inferSelect;

/** A governed thing as policy sees it. */
export function factsOf(row: ResourceRow): ResourceFacts {
  const level = levels[row.labelLevel];
  if (level === undefined) throw new Error(`resource ${row.id} has an unknown level ${row.labelLevel}`);
  return {
    id: row.id,
    kind: row.kind,
    organisation: row.organisation,
    label: { level, categories: row.labelCategories },
    conditions: row.conditions,
    createdBy: row.createdBy,
  };
}

/** The row that stores these facts. */
export function rowOf(facts: ResourceFacts, createdBy: string, createdAt: number): ResourceRow {
  return {
    id: facts.id,
    kind: facts.kind,
    organisation: facts.organisation,
    ...labelColumns(facts.label, facts.conditions),
    createdBy,
    createdAt,
  };
}

/**
 * Writes the row of a thing that a write makes beside the one that was decided about, or puts it where its owner, label and
 * conditions are now.
 */
export async function placeUnder(tx: WriteTx, facts: ResourceFacts, by: string, at: number): Promise<void> {
  const { labelLevel, labelCategories, ...row } = rowOf(facts, by, at);
  await tx
    .insert(resource)
    .values({ ...row, labelLevel, labelCategories })
    .onConflictDoUpdate({
      target: resource.id,
      set: { organisation: facts.organisation, ...labelColumns(facts.label, facts.conditions) },
    });
}

/** Writes the rows of new things that one write makes beside the one that was decided about: many at once. */
export async function placeNew(
  tx: WriteTx,
  things: readonly ResourceFacts[],
  by: string,
  at: number,
): Promise<void> {
  await tx.insert(resource).values(things.map((facts) => rowOf(facts, by, at)));
}

/** A label and conditions as columns. */
function labelColumns(label: Label, conditions: Conditions) {
  return {
    labelLevel: levels.indexOf(label.level),
    labelCategories: [...label.categories],
    purposes: [...conditions.purposes] as Purpose[],
    agreements: [...conditions.agreements],
    origins: [...conditions.origins],
    needsAgreement: conditions.needsAgreement,
    needsGrant: [...conditions.needsGrant] as Purpose[],
    conditions,
  };
}

/** Facts of existing things, locked against relabelling until the transaction ends. Missing ids are left out. */
export const loadFacts = async (
  tx: Tx,
  ids: readonly string[],
  lock: 'share' | 'update',
): Promise<Map<string, ResourceFacts>> =>
  ids.length === 0 ? new Map() : byId(await rowsOf(tx, ids).orderBy(resource.id).for(lock));

/** The same without a lock, for what acts on nothing: a lock is a write, and its commit takes time that an unknown id would not. */
export const lookAtFacts = async (
  tx: Pick<Tx, 'select'>,
  ids: readonly string[],
): Promise<Map<string, ResourceFacts>> => (ids.length === 0 ? new Map() : byId(await rowsOf(tx, ids)));

/** `lookAtFacts` outside a transaction, as a statement that is planned once for each connection. */
export function prepareLook(
  database: Database,
): (ids: readonly string[]) => Promise<Map<string, ResourceFacts>> {
  const rows = database.orm
    .select()
    .from(resource)
    .where(sql`${resource.id} = any(${sql.placeholder('ids')}::text[])`)
    .prepare('resources-by-id');
  return async (ids) => byId(await rows.execute({ ids }));
}

const rowsOf = (tx: Pick<Tx, 'select'>, ids: readonly string[]) =>
  tx
    .select()
    .from(resource)
    .where(inArray(resource.id, [...ids]));

const byId = (rows: readonly ResourceRow[]): Map<string, ResourceFacts> =>
  new Map(rows.map((row) => [row.id, factsOf(row)]));
