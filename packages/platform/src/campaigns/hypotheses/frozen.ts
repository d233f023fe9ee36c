import { GenesisError } from '@genesis/contracts';
import { claimHash, commitDetails } from '@genesis/evidence';
import type { LedgerLog } from '../../ledger/index.ts';
import type { HypothesisRow } from '../store.ts';

/**
 * Refuses a hypothesis whose claim is not the one that its freeze committed to in the ledger, whatever stands in the
 * tables: the entry is proven to be in the tree of `size`, its details must open its commitment, and they name the hash.
 *
 * @throws GenesisError `conflict`
 */
export async function assertFrozen(ledger: LedgerLog, row: HypothesisRow, size: number): Promise<void> {
  const [entry] = await ledger.prove([row.freezeEntry], size);
  const opening = (await ledger.details([row.freezeEntry])).get(row.freezeEntry);
  if (entry === undefined || opening === undefined) throw changed(row.id);
  const { commitment } = JSON.parse(entry.body) as { commitment: string | null };
  const frozen = opening.details as { hypothesisId?: unknown; claimHash?: unknown };
  const hash = claimHash(row.claim);
  const holds =
    commitDetails(opening.salt, opening.details) === commitment &&
    frozen.hypothesisId === row.id &&
    frozen.claimHash === hash &&
    row.claimHash === hash;
  if (!holds) throw changed(row.id);
}

const changed = (id: string): GenesisError =>
  new GenesisError({ code: 'conflict', message: `The claim of ${id} is not the one that was frozen.` });
