import { randomBytes } from 'node:crypto';
import type { LedgerEntryBody } from '@genesis/contracts';
import { canonicalJson, commitDetails, leafHash } from '@genesis/evidence';
import type { Ids, Tx } from '../kernel/index.ts';

/** An edge of the lineage in the words of W3C PROV: `subject relation object`. */
export type Edge = {
  subject: string;
  relation:
    | 'used'
    | 'wasGeneratedBy'
    | 'wasDerivedFrom'
    | 'wasAssociatedWith'
    | 'wasInformedBy'
    | 'wasInvalidatedBy';
  object: string;
};

export type NewEntry = {
  at: number;
  actor: string;
  action: string;
  resource: string | null;
  purpose?: LedgerEntryBody['purpose'] | undefined;
  delegation?: string | undefined;
  decision: LedgerEntryBody['decision'];
  /** Kept beside the entry with its salt; the entry itself holds only the commitment. */
  details: unknown;
  edges?: readonly Edge[];
};

/** One statement, which the database plans once for each connection: an entry is on the way of every write. */
const newEntry = `
  insert into ledger_entry (id, body, leaf, actor, action, resource, effect, at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;
const newDetail = 'insert into ledger_detail (entry, salt, details) values ($1, $9, $10::jsonb)';
const insertEntry = `with entry as (${newEntry}) ${newDetail}`;
const insertEntryAndEdges = `
  with entry as (${newEntry}), detail as (${newDetail})
  insert into ledger_edge (entry, subject, relation, object)
  select $1, * from unnest($11::text[], $12::text[], $13::text[])
  on conflict do nothing`;

/**
 * Adds an entry to the journal in the caller's transaction: it exists exactly if the write does. It has no number yet;
 * the sequencer gives one within a second of the commit.
 *
 * @returns the entry's id
 */
export async function appendEntry(
  tx: Tx,
  ids: Ids,
  entry: NewEntry,
  id = ids.next('entry'),
): Promise<string> {
  const salt = randomBytes(32);
  const body: LedgerEntryBody = {
    v: 1,
    id,
    time: new Date(entry.at).toISOString(),
    actor: entry.actor,
    action: entry.action,
    resource: entry.resource,
    ...(entry.purpose === undefined ? {} : { purpose: entry.purpose }),
    ...(entry.delegation === undefined ? {} : { delegation: entry.delegation }),
    decision: entry.decision,
    commitment: commitDetails(salt, entry.details),
  };
  const bytes = Buffer.from(canonicalJson(body));
  const { edges = [] } = entry;
  const row = [entry.actor, entry.action, entry.resource, entry.decision.effect, entry.at];
  const given = [id, bytes.toString('utf8'), Buffer.from(leafHash(bytes)), ...row, salt];
  const params = [...given, JSON.stringify(entry.details)];
  const columns = (['subject', 'relation', 'object'] as const).map((name) => edges.map((edge) => edge[name]));
  const statement =
    edges.length === 0
      ? { name: 'append-entry', sql: insertEntry, params }
      : { name: 'append-entry-and-edges', sql: insertEntryAndEdges, params: [...params, ...columns] };
  await tx._.session.prepareQuery(statement, undefined, statement.name, false).execute();
  return id;
}
