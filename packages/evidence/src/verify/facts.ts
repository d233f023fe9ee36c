import type { EvidenceDetails } from '@genesis/contracts';
import type { LedgerView, ProvenEntry } from './ledger.ts';

export type Fact<K extends EvidenceDetails['kind']> = Omit<ProvenEntry, 'details'> & {
  readonly details: Extract<EvidenceDetails, { kind: K }>;
};

function isKind<K extends EvidenceDetails['kind']>(entry: ProvenEntry, kind: K): entry is Fact<K> {
  return entry.details?.kind === kind;
}

/** All opened entries of one kind, ascending by index. */
export function factsOf<K extends EvidenceDetails['kind']>(ledger: LedgerView, kind: K): Fact<K>[] {
  const facts: Fact<K>[] = [];
  for (const entry of ledger.entries.values()) if (isKind(entry, kind)) facts.push(entry);
  return facts.sort((a, b) => a.index - b.index);
}

/** The entry with this id if it is of this kind; otherwise why it is not. */
export function factAt<K extends EvidenceDetails['kind']>(
  ledger: LedgerView,
  id: string,
  kind: K,
): Fact<K> | 'missing' | 'withheld' | 'another' {
  const entry = ledger.entries.get(id);
  if (entry === undefined) return 'missing';
  if (isKind(entry, kind)) return entry;
  return entry.details === null && entry.body.decision.effect !== 'deny' ? 'withheld' : 'another';
}
