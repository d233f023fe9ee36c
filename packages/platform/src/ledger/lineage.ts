import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../kernel/index.ts';
import type { Edge } from './append.ts';

/** An edge with the entry that it was written with. */
export type LineageEdge = Edge & { entry: string };

/** What a reader may know of: conditions over columns that hold ids. */
export type Sight = {
  /** The thing that an entry is about may be seen. */
  thing(id: SQL): SQL;
  /** A node of an edge may be seen, or has no label of its own. */
  node(id: SQL): SQL;
};

/** A lineage beyond this many edges is cut and says so: people look at pictures of tens of nodes. */
const mostEdges = 5_000;

/**
 * Everything that a thing descends from and everything that descends from it, along the edges of PROV that may be seen:
 * a path through something hidden is no path, and what is hidden does not count towards the bound either.
 */
export async function readLineage(
  database: Database,
  id: string,
  sight: Sight,
): Promise<{ edges: LineageEdge[]; complete: boolean }> {
  const { rows } = await database.orm.execute<LineageEdge>(sql`
    with recursive
      seen as not materialized (
        select e.entry, e.subject, e.relation, e.object
        from ledger_edge e join ledger_entry w on w.id = e.entry
        where ${sight.thing(sql`w.resource`)} and ${sight.node(sql`e.subject`)} and ${sight.node(sql`e.object`)}),
      up(id) as (
        select ${id}::text union select e.object from seen e join up on e.subject = up.id),
      down(id) as (
        select ${id}::text union select e.subject from seen e join down on e.object = down.id)
    select distinct e.entry, e.subject, e.relation, e.object
    from seen e
    where e.subject in (select id from up) or e.object in (select id from down)
    order by e.entry, e.subject, e.object
    limit ${mostEdges + 1}`);
  return { edges: rows.slice(0, mostEdges), complete: rows.length <= mostEdges };
}

/** One use of a thing, or an attempt at one. */
export type Use = {
  entry: string;
  /** The governed thing that the entry is about. */
  about: string | null;
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
    select e.id as entry, e.resource as about, e.at, e.actor, e.action, e.effect, e.body::jsonb ->> 'purpose' as purpose
    from ledger_entry e
    where e.resource = any(${wanted})
      or e.id in (select entry from ledger_edge where object = any(${wanted}) and relation = 'used')
    order by e.at desc, e.id desc
    limit ${limit}`);
  return rows;
}

/** Whom and what an entry is about; undefined where there is no such entry. */
export async function readSubject(
  database: Database,
  entry: string,
): Promise<{ actor: string; resource: string | null } | undefined> {
  const { rows } = await database.orm.execute<{ actor: string; resource: string | null }>(
    sql`select actor, resource from ledger_entry where id = ${entry}`,
  );
  return rows[0];
}

/** The versions and splits of a dataset: they have ids of their own, under which their uses are entered. */
export async function readParts(database: Database, id: string): Promise<string[]> {
  const { rows } = await database.orm.execute<{ id: string }>(sql`
    with recursive parts(id) as (
      select ${id}::text
      union
      select e.subject from ledger_edge e join parts on e.object = parts.id
      where e.relation = 'wasDerivedFrom' and e.subject ~ '^(ver|spl)_')
    select id from parts where id <> ${id}`);
  return rows.map((row) => row.id);
}

/** What was exported of these things, oldest first: the crates of campaigns. */
export async function readExports(
  database: Pick<Database, 'orm'>,
  ids: readonly string[],
): Promise<{ entry: string; about: string; at: number }[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.orm.execute<{ entry: string; about: string; at: number }>(sql`
    select id as entry, resource as about, at::float8 as at from ledger_entry
    where resource = any(${sql.param([...ids])}::text[]) and action = 'campaign.export' and effect = 'allow'
    order by at, id`);
  return rows;
}
