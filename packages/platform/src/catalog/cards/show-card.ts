import type { Purpose } from '@genesis/contracts';
import { and, desc, eq } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../../door/index.ts';
import type { PrincipalFacts, ResourceFacts } from '../../policy/index.ts';
import type { CatalogParts } from '../parts.ts';
import { card, cardVersion } from '../tables.ts';

export type CardRow = {
  facts: ResourceFacts;
  card: typeof card.$inferSelect;
  version: typeof cardVersion.$inferSelect;
};

/** The card of a dataset as it counts now, where the scope shows it. It may, where it does not show the dataset. */
async function findCard(scope: ReadScope, dataset: string): Promise<CardRow | undefined> {
  const [row] = await scope.orm
    .select({ card, version: cardVersion, resource })
    .from(card)
    .innerJoin(cardVersion, and(eq(cardVersion.card, card.id), eq(cardVersion.number, card.number)))
    .innerJoin(resource, eq(resource.id, card.id))
    .where(and(scope.where, eq(card.dataset, dataset)))
    .orderBy(desc(cardVersion.number));
  return row && { facts: factsOf(row.resource), card: row.card, version: row.version };
}

/** The card of a dataset. Its use is in the ledger when it is not public. */
export async function showCard(
  parts: CatalogParts,
  principal: PrincipalFacts,
  dataset: string,
  purpose: Purpose | null,
): Promise<CardRow> {
  const found = await findCard(parts.door.authorize(principal, purpose), dataset);
  // An id that nothing has: what is hidden leaves the same trace as what is not there.
  await parts.door.use(principal, 'card.read', found?.card.id ?? `${dataset}/card`, purpose);
  return found!;
}
