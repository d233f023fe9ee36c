import { arrayContains, eq, or, type SQL, sql } from 'drizzle-orm';
import { factsOf, resource } from '../../door/index.ts';
import type { Tx } from '../../kernel/index.ts';
import type { ResourceFacts } from '../../policy/index.ts';

/** A thing, everything that comes from it where it is a dataset, and its card: a stricter label reaches them all. */
const derived = (id: string): SQL => or(eq(resource.id, id), arrayContains(resource.origins, [id]))!;

/** A dataset with its versions and splits, which are governed as one; of anything else the thing itself. */
const parts = (id: string): SQL =>
  or(
    eq(resource.id, id),
    sql`(${resource.kind} in ('version', 'split') and ${resource.origins} = array[${id}]::text[])`,
  )!;

async function locked(tx: Pick<Tx, 'select'>, which: SQL): Promise<ResourceFacts[]> {
  const rows = await tx.select().from(resource).where(which).orderBy(resource.id).for('update');
  return rows.map(factsOf);
}

export async function factsNow(tx: Pick<Tx, 'select'>, id: string): Promise<ResourceFacts | undefined> {
  const [row] = await tx.select().from(resource).where(eq(resource.id, id));
  return row && factsOf(row);
}

/** What a stricter label reaches. Cards keep the label of their own. Locked until the transaction ends, in the order of ids. */
export const reachedByRaising = async (tx: Pick<Tx, 'select'>, id: string): Promise<ResourceFacts[]> =>
  (await locked(tx, derived(id))).filter(({ kind }) => kind !== 'card');

/** What is released together. Locked until the transaction ends. */
export const releasedTogether = (tx: Pick<Tx, 'select'>, id: string): Promise<ResourceFacts[]> =>
  locked(tx, parts(id));
