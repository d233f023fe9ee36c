import type { Label } from '@genesis/contracts';
import { and, eq, inArray } from 'drizzle-orm';
import { type Door, factsOf, type ReadScope, resource } from '../../door/index.ts';
import type { ResourceFacts } from '../../policy/index.ts';
import { card, cardVersion } from '../tables.ts';
import type { Face } from './model.ts';
import type { Found } from './page.ts';

/** A hit as its reader sees it, and the facts of what it shows. */
export type Hit = {
  id: string;
  name: string;
  snippet: string;
  shown: Face;
  /** Of the dataset; where the card alone is shown, what the card says of it. */
  label: Label;
  licences: readonly string[];
  organisation: string | null;
  /** AI-readiness of the card, 0 to 100; null without one. */
  readiness: number | null;
  /** 0 where it is not known. */
  bytes: number;
  createdAt: number;
  /** How to ask for the dataset, where its card alone is shown; else null. */
  ask: string | null;
};
export type Shown = { hit: Hit; facts: ResourceFacts };

type Told = Pick<typeof cardVersion.$inferSelect, 'governance'>;

function howToAsk({ governance }: Told, owner: string): string {
  const { agreement, approvals } = governance;
  const types = agreement.types.length === 0 ? '' : ` (${agreement.types.join(', ')})`;
  const demands = [
    ...(agreement.required ? [`an agreement${types}`] : []),
    ...(approvals.length === 0 ? [] : [`the approval: ${approvals.join(', ')}`]),
  ];
  const asked = demands.length === 0 ? '' : ` Its card asks for ${demands.join(' and ')}.`;
  return `Only its card is shown to you: ask a steward of ${owner} for access to the dataset.${asked}`;
}

/**
 * Decides about every hit of a page, on its own row as it is now: what the scope does not admit is left out, whatever a
 * document says. Costs one query for the rows, one more where cards stand alone.
 */
export async function showHits(scope: ReadScope, found: readonly Found[]): Promise<Shown[]> {
  if (found.length === 0) return [];
  const ids = found.flatMap(({ subject, face, card: own }) =>
    face === 'card' ? [own!] : face === 'both' ? [subject, own!] : [subject],
  );
  const rows = await scope.orm
    .select()
    .from(resource)
    .where(and(inArray(resource.id, ids), scope.where));
  const admitted = new Map(rows.map((row) => [row.id, factsOf(row)]));
  const alone = found.flatMap((one) => (one.face === 'card' ? [one.card!] : []));
  const told =
    alone.length === 0
      ? []
      : await scope.orm
          .select({ id: card.id, governance: cardVersion.governance })
          .from(card)
          .innerJoin(cardVersion, and(eq(cardVersion.card, card.id), eq(cardVersion.number, card.number)))
          .innerJoin(resource, eq(resource.id, card.id))
          .where(and(inArray(card.id, alone), scope.where));
  const cards = new Map(told.map((row) => [row.id, row]));
  return found.flatMap(
    ({ subject, face, card: own, name, snippet, bytes, readiness, createdAt }): Shown[] => {
      const facts = admitted.get(face === 'card' ? own! : subject);
      if (facts === undefined || (face === 'both' && !admitted.has(own!))) return [];
      const { organisation } = facts;
      const common = { id: subject, name, snippet, shown: face, organisation, bytes, createdAt };
      const score = readiness < 0 ? null : readiness;
      if (face !== 'card') {
        const { label, conditions } = facts;
        const hit = { ...common, label, licences: conditions.licences, readiness: score, ask: null };
        return [{ hit, facts }];
      }
      const says = cards.get(own!);
      if (says === undefined) return [];
      const { label, licences } = says.governance;
      const ask = howToAsk(says, organisation ?? 'the platform');
      return [{ hit: { ...common, label, licences, readiness: score, ask }, facts }];
    },
  );
}

/** Enters in the ledger what of the hits is not public: one entry for the datasets, one for the cards that stand alone. */
export async function noteHits(door: Door, scope: ReadScope, shown: readonly Shown[]): Promise<void> {
  const factsWhere = (isCard: boolean) =>
    shown.flatMap(({ hit, facts }) => ((hit.shown === 'card') === isCard ? [facts] : []));
  await door.noteUse(scope, 'dataset.read', factsWhere(false));
  await door.noteUse(scope, 'card.read', factsWhere(true));
}
