import { GenesisError } from '@genesis/contracts';
import { count, eq } from 'drizzle-orm';
import type { WriteTx } from '../door/index.ts';
import { seal, sealOpening, split } from './tables.ts';

/** What sealed rows can test. */
export type SealUse = 'hypotheses' | 'evaluation';

async function lockSeal(tx: WriteTx, splitId: string) {
  const [found] = await tx
    .select({ id: seal.id, use: seal.use, retiredAt: seal.retiredAt })
    .from(split)
    .innerJoin(seal, eq(seal.id, split.seal))
    .where(eq(split.id, splitId))
    .for('update', { of: seal });
  if (found === undefined)
    throw new GenesisError({
      code: 'not-found',
      message: 'There is no split under this id that you may see.',
    });
  if (found.retiredAt !== null) {
    throw new GenesisError({
      code: 'sealed',
      message: 'The split is retired: its sealed rows have been exported.',
    });
  }
  return found;
}

const words: Record<SealUse, string> = {
  hypotheses: 'hypotheses were frozen on them',
  evaluation: 'an evaluation scores models on them',
};

/**
 * Gives the sealed rows of a split, and with them every split of the same rows, to one use for good: scores of models tell
 * something of the rows, and what is known of rows confirms no hypothesis.
 *
 * @throws GenesisError `conflict` where they have the other use, `sealed` where they were exported
 */
export async function dedicateSeal(tx: WriteTx, splitId: string, use: SealUse): Promise<void> {
  const found = await lockSeal(tx, splitId);
  if (found.use === use) return;
  if (found.use !== null) {
    throw new GenesisError({
      code: 'conflict',
      message: `The sealed rows of this split have another use: ${words[found.use as SealUse]}. Rows serve either hypotheses or an evaluation; take another split.`,
    });
  }
  await tx.update(seal).set({ use }).where(eq(seal.id, found.id));
}

/** Ids of every split of the same sealed rows, which nobody else counts or opens until the transaction ends. */
export async function splitsOfRows(tx: WriteTx, splitId: string): Promise<string[]> {
  const { id } = await lockSeal(tx, splitId);
  const rows = await tx.select({ id: split.id }).from(split).where(eq(split.seal, id));
  return rows.map((row) => row.id);
}

/**
 * Enters one look at sealed rows, for good.
 *
 * @returns its number among all looks at them
 * @throws GenesisError `exhausted` when `most` were taken
 */
export async function countOpening(
  tx: WriteTx,
  splitId: string,
  { of, most, at }: { of: string; most: number; at: number },
): Promise<number> {
  const found = await lockSeal(tx, splitId);
  const [row] = await tx.select({ taken: count() }).from(sealOpening).where(eq(sealOpening.seal, found.id));
  const number = (row?.taken ?? 0) + 1;
  if (number > most) {
    throw new GenesisError({
      code: 'exhausted',
      what: 'budget',
      message: `The sealed rows were opened ${most} times, which is all that this evaluation may. Openings are never given back.`,
    });
  }
  await tx.insert(sealOpening).values({ seal: found.id, number, of, openedAt: at });
  return number;
}
