import type { Hash, NodeCoordinate } from '@genesis/evidence';
import { sql } from 'drizzle-orm';
import type { Database, Tx } from '../kernel/index.ts';

/**
 * Hashes of complete subtrees, in the order asked for: one query, whatever their number.
 *
 * @throws Error when the log lacks one, which means that it was damaged
 */
export async function readNodes(db: Database['orm'] | Tx, nodes: readonly NodeCoordinate[]): Promise<Hash[]> {
  if (nodes.length === 0) return [];
  const levels = nodes.map((node) => node.level);
  const indexes = nodes.map((node) => node.index);
  const { rows } = await db.execute<{ hash: Buffer | null }>(sql`
    select coalesce(e.leaf, n.hash) as hash
    from unnest(${sql.param(levels)}::smallint[], ${sql.param(indexes)}::bigint[]) with ordinality as wanted(level, index, place)
    left join ledger_entry e on wanted.level = 0 and e.seq = wanted.index
    left join ledger_node n on n.level = wanted.level and n.index = wanted.index
    order by wanted.place`);
  return rows.map((row, i) => {
    if (row.hash === null) throw new Error(`the ledger lacks node ${levels[i]}/${indexes[i]}`);
    return row.hash;
  });
}
