import { GenesisError } from '@genesis/contracts';
import { and, eq, isNull } from 'drizzle-orm';
import type { SealedRef } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { Column } from './ingest/model.ts';
import type { RowCell } from './ingest/rows.ts';
import type { CatalogParts } from './parts.ts';
import { hidden, parseLines } from './read.ts';
import { datasetVersion, seal, split } from './tables.ts';

/** The sealed rows of a split: each with its number in the imported table and its cells in the order of `columns`. */
export type ConfirmRows = {
  columns: Column[];
  rows: { number: number; cells: RowCell[] }[];
  /** SHA-256 of the rows as they were sealed: equal to the split's `confirmHash`. */
  hash: string;
};

type Found = { sealed: SealedRef; columns: Column[]; hash: string; sealId: string };

const findSealed = async (parts: Pick<CatalogParts, 'database'>, id: string): Promise<Found | undefined> => {
  const [row] = await parts.database.orm
    .select({
      sealed: split.sealed,
      columns: datasetVersion.columns,
      hash: split.confirmHash,
      sealId: split.seal,
    })
    .from(split)
    .innerJoin(datasetVersion, eq(datasetVersion.id, split.version))
    .where(eq(split.id, id));
  return row;
};

const decrypt = async (parts: CatalogParts, found: Found): Promise<ConfirmRows> => {
  const rows = await parseLines<[number, ...RowCell[]]>(parts.blobs.openSealed(found.sealed));
  return {
    columns: found.columns,
    rows: rows.map(([number, ...cells]) => ({ number, cells })),
    hash: found.hash,
  };
};

/**
 * Opens the sealed rows for the platform's confirming run, and for nothing else: the only way to their key besides retiring them.
 * The opening is decided under the handler `confirm` and entered in the ledger before a row is decrypted. The caller has frozen
 * the hypothesis and spent its alpha; a confirming run that crashed may open again.
 *
 * @throws GenesisError `sealed` when the rows were retired
 */
export const openConfirmRows = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
): Promise<ConfirmRows> => {
  const found = await findSealed(parts, id);
  if (found === undefined) throw hidden();
  await parts.door.perform(
    { principal, action: 'split.unseal', resource: id, purpose: 'evaluate', handler: 'confirm' },
    async (tx) => {
      const [kept] = await tx
        .select({ id: seal.id })
        .from(seal)
        .where(and(eq(seal.id, found.sealId), isNull(seal.retiredAt)))
        .for('share');
      if (kept === undefined) {
        throw new GenesisError({
          code: 'sealed',
          message:
            'The sealed rows of this split were exported; it is retired and confirms nothing any more.',
        });
      }
      return {
        result: undefined,
        details: { seal: found.sealId, confirmHash: found.hash },
        edges: [{ subject: principal.id, relation: 'used', object: id }],
      };
    },
  );
  return decrypt(parts, found);
};

/**
 * Exports the sealed rows, which ends their use: the seal, and with it every split of the same rows, is retired in the same
 * transaction, before a row is decrypted.
 */
export const retireSplit = async (
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
): Promise<ConfirmRows> => {
  const found = await findSealed(parts, id);
  if (found === undefined) throw hidden();
  // It is an export like any other, and the end of the seal besides.
  await parts.door.use(principal, 'dataset.export', id, 'publish', { part: 'confirm' });
  await parts.door.perform(
    { principal, action: 'split.retire', resource: id, purpose: 'publish' },
    async (tx) => {
      const at = parts.clock.now().getTime();
      await tx
        .update(seal)
        .set({ retiredAt: at, retiredBy: principal.id })
        .where(and(eq(seal.id, found.sealId), isNull(seal.retiredAt)));
      return {
        result: undefined,
        details: { seal: found.sealId, confirmHash: found.hash },
        edges: [{ subject: found.sealId, relation: 'wasInvalidatedBy', object: principal.id }],
      };
    },
  );
  return decrypt(parts, found);
};
