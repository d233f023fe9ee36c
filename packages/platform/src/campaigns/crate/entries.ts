import { ledgerEntryBodySchema } from '@genesis/contracts';
import type { StoredEntry } from '@genesis/evidence';
import type { LedgerLog } from '../../ledger/index.ts';
import type { SurrogateRow } from '../../models/index.ts';
import type { ExperimentRow, HypothesisRow, OpeningOfFamily } from '../store.ts';

type Told = {
  campaignEntry: string;
  experiments: readonly ExperimentRow[];
  hypotheses: readonly HypothesisRow[];
  models: readonly SurrogateRow[];
  /** Openings of the same families elsewhere that may be named: they spent from the same budget. */
  openings: readonly OpeningOfFamily[];
  exported: string;
};

/** The ledger entries that tell the story of a campaign, with the details that they commit to. */
export async function entriesOf(ledger: LedgerLog, told: Told, size: number): Promise<StoredEntry[]> {
  const ids = new Set([
    told.campaignEntry,
    told.exported,
    ...told.experiments.flatMap(({ entry }) => entry ?? []),
    ...told.models.map(({ entry }) => entry),
    ...told.hypotheses.flatMap((one) => [
      one.freezeEntry,
      ...[one.openEntry, one.concludeEntry, one.abandonEntry].filter((entry) => entry !== null),
    ]),
    ...told.openings.flatMap(({ freezeEntry, openEntry }) => [freezeEntry, openEntry]),
  ]);
  const proven = await ledger.prove([...ids], size);
  const details = await ledger.details([...ids]);
  return proven.map(({ id, seq, body }) => ({
    index: seq,
    body: ledgerEntryBodySchema.parse(JSON.parse(body)),
    opening: details.get(id) ?? null,
  }));
}
