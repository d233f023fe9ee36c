import type { Label } from '@genesis/contracts';
import { canonicalHash } from '@genesis/evidence';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { placeNew, resource, type WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import {
  join,
  joinConditions,
  type PrincipalFacts,
  type ResourceFacts,
  unrestricted,
} from '../../policy/index.ts';
import type { CatalogParts } from '../parts.ts';
import { updateSearch } from '../search/describe.ts';
import { wordsOfCard } from '../search/facets.ts';
import { card, cardVersion, dataset } from '../tables.ts';
import { conditionsOf, type ReadyCard } from './bind-card.ts';
import { cardFacts } from './insert-card.ts';

export type ImportParts = Pick<CatalogParts, 'door' | 'clock' | 'ids' | 'cardReaders'>;

/** What one batch may hold. */
export const batchLimits = { cards: 500, bytes: 8 * 2 ** 20 };

export type ImportedCard = { dataset: string; card: string; sha256: string; state: 'imported' | 'known' };

type Planned = { ready: ReadyCard; dataset: ResourceFacts; card: ResourceFacts };

const bottom: Label = { level: 'public', categories: [] };

function plan(parts: ImportParts, organisation: string, ready: ReadyCard): Planned {
  const id = parts.ids.next('dataset');
  const facts: ResourceFacts = {
    ...{ kind: 'dataset', id, organisation, label: ready.governance.label },
    conditions: { ...conditionsOf(ready.governance), origins: [id] },
  };
  return { ready, dataset: facts, card: cardFacts(parts.ids.next('card'), facts, ready) };
}

/**
 * Decided about is a thing that is as strict as all of them together: who may import that may import each. Label and
 * conditions of each stay its own.
 */
const together = (id: string, organisation: string, all: readonly ReadyCard[]): ResourceFacts => ({
  ...{ kind: 'dataset', id, organisation },
  label: all.reduce((label, { governance }) => join(label, governance.label), bottom),
  conditions: all.reduce(
    (met, { governance }) => joinConditions(met, conditionsOf(governance)),
    unrestricted,
  ),
});

async function insertAll(tx: WriteTx, planned: readonly Planned[], by: string, at: number): Promise<void> {
  await placeNew(
    tx,
    planned.flatMap((one) => [one.dataset, one.card]),
    by,
    at,
  );
  await tx.insert(dataset).values(
    planned.map(({ ready, dataset: { id } }) => {
      const { name, about } = wordsOfCard(ready.card.fields);
      return {
        id,
        name: (name === '' ? 'Without a name' : name).slice(0, 200),
        description: about.slice(0, 5000),
        source: '',
      };
    }),
  );
  await tx
    .insert(card)
    .values(planned.map((one) => ({ id: one.card.id, dataset: one.dataset.id, number: 1 })));
  await tx.insert(cardVersion).values(
    planned.map(({ ready, card: { id } }) => {
      const { text, sha256, governance, completeness, readiness } = ready;
      return {
        ...{ card: id, number: 1, text, sha256, governance, completeness, readiness },
        ...{ fields: ready.card.fields, createdBy: by, createdAt: at },
      };
    }),
  );
}

/**
 * Imports cards of datasets whose data comes later, or stays where it is: all of a batch or none. Each is checked against
 * all rules and binds its dataset; one entry of the ledger commits to the manifest of the batch. A card that the
 * organisation has already, as far as the importer sees it, is told and not made again: a batch may be sent again.
 *
 * @throws GenesisError `invalid-input` with the problems of the cards that are wrong
 */
export async function importCards(
  parts: ImportParts,
  principal: PrincipalFacts,
  wanted: { cards: readonly string[]; organisation?: string | undefined },
  idempotency?: Idempotency,
): Promise<ImportedCard[]> {
  const { door, clock, ids, cardReaders } = parts;
  const organisation = wanted.organisation ?? principal.organisation;
  const ready = await cardReaders.read(wanted.cards);
  const about = together(ids.next('upload'), organisation, ready);
  const scope = door.authorize(principal, 'explore');
  const request = {
    principal,
    action: 'dataset.import',
    resource: { about },
    purpose: 'explore',
    idempotency,
  } as const;
  const { result } = await door.perform(request, async (tx) => {
    // Two batches of one organisation come one after the other, so that neither makes what the other does.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`cards of ${organisation}`}, 0))`);
    const there = await tx
      .select({ sha256: cardVersion.sha256, card: card.id, dataset: card.dataset })
      .from(cardVersion)
      .innerJoin(card, and(eq(card.id, cardVersion.card), eq(card.number, cardVersion.number)))
      .innerJoin(resource, eq(resource.id, card.id))
      .where(
        and(
          inArray(
            cardVersion.sha256,
            ready.map(({ sha256 }) => sha256),
          ),
          eq(resource.organisation, organisation),
          scope.where,
        ),
      );
    const done = new Map(
      there.map((row): [string, ImportedCard] => [row.sha256, { ...row, state: 'known' }]),
    );
    const planned: Planned[] = [];
    for (const one of ready) {
      if (done.has(one.sha256)) continue;
      const made = plan(parts, organisation, one);
      planned.push(made);
      done.set(one.sha256, {
        dataset: made.dataset.id,
        card: made.card.id,
        sha256: one.sha256,
        state: 'imported',
      });
    }
    if (planned.length > 0) {
      await insertAll(tx, planned, principal.id, clock.now().getTime());
      await updateSearch(
        tx,
        planned.map((one) => one.dataset.id),
      );
    }
    const manifest = planned.map((one) => ({
      ...{ dataset: one.dataset.id, card: one.card.id, sha256: one.ready.sha256 },
      ...{ label: one.dataset.label, cardLabel: one.card.label },
    }));
    return {
      result: ready.map(({ sha256 }) => done.get(sha256)!),
      details: { stage: 'cards', imported: manifest.length, manifestHash: canonicalHash(manifest), manifest },
      edges: planned.map((one) => ({
        subject: one.card.id,
        relation: 'wasDerivedFrom' as const,
        object: one.dataset.id,
      })),
    };
  });
  return result;
}
