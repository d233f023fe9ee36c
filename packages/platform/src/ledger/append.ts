import { randomBytes } from 'node:crypto';
import type { LedgerEntryBody } from '@genesis/contracts';
import { canonicalJson, commitDetails, leafHash } from '@genesis/evidence';
import type { Ids, Tx } from '../kernel/index.ts';
import { ledgerDetail, ledgerEdge, ledgerEntry } from './tables.ts';

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
  await tx.insert(ledgerEntry).values({
    id,
    body: bytes.toString('utf8'),
    leaf: Buffer.from(leafHash(bytes)),
    actor: entry.actor,
    action: entry.action,
    resource: entry.resource,
    effect: entry.decision.effect,
    at: entry.at,
  });
  await tx.insert(ledgerDetail).values({ entry: id, salt, details: entry.details });
  if (entry.edges !== undefined && entry.edges.length > 0) {
    await tx
      .insert(ledgerEdge)
      .values(entry.edges.map((edge) => ({ entry: id, ...edge })))
      .onConflictDoNothing();
  }
  return id;
}
