import { sql } from 'drizzle-orm';
import type { Database } from '../kernel/index.ts';
import type { Edge } from './append.ts';

/** An edge with the entry that it was written with, and the governed thing which that entry is about. */
export type LineageEdge = Edge & { entry: string; about: string | null };

/** A lineage beyond this many edges is cut and says so: people look at pictures of tens of nodes. */
const mostEdges = 5_000;

/**
 * Everything that a thing descends from and everything that descends from it, along the edges of PROV. Unfiltered: the
 * door decides who may see which node.
 */
export async function readLineage(
  database: Database,
  id: string,
): Promise<{ edges: LineageEdge[]; complete: boolean }> {
  const { rows } = await database.orm.execute<LineageEdge>(sql`
    with recursive
      up(id) as (
        select ${id}::text union select e.object from ledger_edge e join up on e.subject = up.id),
      down(id) as (
        select ${id}::text union select e.subject from ledger_edge e join down on e.object = down.id)
    select distinct e.entry, e.subject, e.relation, e.object, w.resource as about
    from ledger_edge e join ledger_entry w on w.id = e.entry
    where e.subject in (select id from up) or e.object in (select id from down)
    order by e.entry, e.subject, e.object
    limit ${mostEdges + 1}`);
  return { edges: rows.slice(0, mostEdges), complete: rows.length <= mostEdges };
}

/** One use of a thing, or an attempt at one. */
export type Use = {
  entry: string;
  at: number;
  actor: string;
  action: string;
  effect: string;
  purpose: string | null;
};

/** Who used a thing, for what, and who was denied: newest first. Lists that showed it count as uses. */
export async function readUses(database: Database, ids: readonly string[], limit: number): Promise<Use[]> {
  const wanted = sql`${sql.param([...ids])}::text[]`;
  const { rows } = await database.orm.execute<Use>(sql`
    select e.id as entry, e.at, e.actor, e.action, e.effect, e.body::jsonb ->> 'purpose' as purpose
    from ledger_entry e
    where e.resource = any(${wanted})
      or e.id in (select entry from ledger_edge where object = any(${wanted}) and relation = 'used')
    order by e.at desc, e.id desc
    limit ${limit}`);
  return rows;
}
