import { eq } from 'drizzle-orm';
import { placeUnder, type WriteTx } from '../../door/index.ts';
import type { Clock, Ids } from '../../kernel/index.ts';
import { type ResourceFacts, unrestricted } from '../../policy/index.ts';
import { card, cardVersion } from '../tables.ts';
import type { ReadyCard } from './bind-card.ts';

/** What the ledger commits to when a card begins to bind a dataset. */
export const commitmentOf = (id: string, number: number, ready: ReadyCard) => ({
  card: id,
  number,
  sha256: ready.sha256,
  label: ready.label,
});

/**
 * A card as a governed thing of its own: it belongs to the owner of the dataset, has the label of the card, and its one
 * origin is the dataset, so that whom an agreement covers may see it and ask.
 */
export const cardFacts = (
  id: string,
  of: Pick<ResourceFacts, 'id' | 'organisation'>,
  { label }: ReadyCard,
): ResourceFacts => ({
  id,
  kind: 'card',
  organisation: of.organisation,
  label,
  conditions: { ...unrestricted, origins: [of.id] },
});

/** Writes the next version of a dataset's card, and the card itself where it has none. */
export async function insertCard(
  tx: WriteTx,
  { clock, ids }: { clock: Clock; ids: Ids },
  of: Pick<ResourceFacts, 'id' | 'organisation'>,
  ready: ReadyCard,
  by: string,
): Promise<{ id: string; number: number }> {
  const at = clock.now().getTime();
  const [known] = await tx.select().from(card).where(eq(card.dataset, of.id)).for('update');
  const id = known?.id ?? ids.next('card');
  const number = (known?.number ?? 0) + 1;
  if (known === undefined) await tx.insert(card).values({ id, dataset: of.id, number });
  else await tx.update(card).set({ number }).where(eq(card.id, id));
  await placeUnder(tx, cardFacts(id, of, ready), by, at);
  const { text, sha256, governance, completeness, readiness } = ready;
  await tx.insert(cardVersion).values({
    ...{ card: id, number, text, sha256, governance, completeness, readiness },
    ...{ fields: ready.card.fields, createdBy: by, createdAt: at },
  });
  return { id, number };
}
