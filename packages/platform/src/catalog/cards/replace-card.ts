import { GenesisError, type Label } from '@genesis/contracts';
import { readCard } from '@genesis/datacard';
import { and, eq } from 'drizzle-orm';
import { raiseInside } from '../../access/index.ts';
import type { WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import { type PrincipalFacts, unrestricted } from '../../policy/index.ts';
import type { CatalogParts } from '../parts.ts';
import { updateSearch } from '../search/describe.ts';
import { card, cardVersion } from '../tables.ts';
import { conditionsOf, readyCard } from './bind-card.ts';
import { commitmentOf, insertCard } from './insert-card.ts';

export type BoundCard = { card: string; number: number; sha256: string; label: Label; changed: number };

async function lastCard(tx: Pick<WriteTx, 'select'>, dataset: string) {
  const [row] = await tx
    .select({ version: cardVersion })
    .from(card)
    .innerJoin(cardVersion, and(eq(cardVersion.card, card.id), eq(cardVersion.number, card.number)))
    .where(eq(card.dataset, dataset));
  return row?.version;
}

/**
 * Gives a dataset a card, or the next version of its card. What the card makes stricter holds at once, for the dataset and
 * for everything derived from it. What it would loosen stays as it is: a lower label takes a release by two people.
 */
export async function replaceCard(
  parts: CatalogParts,
  principal: PrincipalFacts,
  dataset: string,
  text: string,
  idempotency?: Idempotency,
): Promise<BoundCard> {
  const { door, clock } = parts;
  // Wrong cards are told before anything else is looked at; the histories are compared once it is clear who asks.
  const ready = readyCard(text);
  const least = { label: ready.governance.label, conditions: conditionsOf(ready.governance) };
  const request = {
    principal,
    action: 'card.replace',
    resource: dataset,
    alone: true,
    purpose: null,
    idempotency,
  } as const;
  const { result } = await door.perform(request, async (tx, facts) => {
    if (facts.kind !== 'dataset')
      throw new GenesisError({ code: 'conflict', message: 'Only a dataset has a card.' });
    const last = await lastCard(tx, dataset);
    if (last !== undefined) readyCard(text, readCard(last.text));
    const made = await insertCard(tx, parts, facts, ready, principal.id);
    const at = clock.now().getTime();
    const bound = { ...least, conditions: { ...least.conditions, origins: unrestricted.origins } };
    const changed = await raiseInside(tx, dataset, bound, principal.id, at);
    await updateSearch(tx, [dataset]);
    const { sha256, label } = ready;
    return {
      result: { card: made.id, number: made.number, sha256, label, changed },
      details: { ...commitmentOf(made.id, made.number, ready), changed },
      edges: [{ subject: made.id, relation: 'wasDerivedFrom', object: dataset }],
    };
  });
  return result;
}
