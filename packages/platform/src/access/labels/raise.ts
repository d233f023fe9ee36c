import { type Conditions, GenesisError, type Label } from '@genesis/contracts';
import { type Door, denied, placeUnder, type WriteTx } from '../../door/index.ts';
import type { Clock, Database, Idempotency } from '../../kernel/index.ts';
import { join, joinConditions, type PrincipalFacts, type ResourceFacts } from '../../policy/index.ts';
import { reachedByRaising } from './affected.ts';
import { type Before, type Effect, effectsOf } from './preview.ts';

export type LabelParts = {
  door: Door;
  database: Database;
  clock: Clock;
  /** Everybody as they are now, under a token that may do everything: for previews. */
  everybody: () => Promise<readonly PrincipalFacts[]>;
};

/** A label and conditions that something is to have at least. */
export type AtLeast = { label: Label; conditions: Conditions };

const raised = (facts: ResourceFacts, least: AtLeast): ResourceFacts => ({
  ...facts,
  label: join(facts.label, least.label),
  conditions: joinConditions(facts.conditions, least.conditions),
});

const notFound = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

/** The write that raising is: about the thing as it would be, with the thing as it is at the decision as its source. */
const raising = (principal: PrincipalFacts, id: string, least: AtLeast) => ({
  ...{ principal, action: 'dataset.relabel' as const, purpose: null, sources: [id] },
  resource: { becomes: id, from: (now: ResourceFacts) => raised(now, least) },
});

/** What raising a label would do, without doing it: the things that it reaches, and who sees less of them. */
export async function previewRaise(
  parts: LabelParts,
  principal: PrincipalFacts,
  id: string,
  least: AtLeast,
): Promise<{ changes: Before[]; effects: Effect[] }> {
  const foreseen = await parts.door.foresee(raising(principal, id, least));
  if (foreseen === undefined) throw notFound();
  if (foreseen.decision.effect !== 'allow') throw denied(foreseen.decision);
  const things = await parts.database.transaction((tx) => reachedByRaising(tx, id));
  const changes = things.map((before) => ({ before, after: raised(before, least) }));
  const people = await parts.everybody();
  // Only stewards raise labels, and they know of every grant.
  return { changes, effects: effectsOf(changes, people, parts.clock.now().getTime(), { granted: true }) };
}

/** Raises what a dataset and everything derived from it have, in a write that was decided about. Returns how many changed. */
export async function raiseInside(tx: WriteTx, id: string, least: AtLeast, by: string, at: number) {
  let changed = 0;
  for (const before of await reachedByRaising(tx, id)) {
    const after = raised(before, least);
    if (after.label === before.label && sameConditions(after.conditions, before.conditions)) continue;
    await placeUnder(tx, after, by, at);
    changed++;
  }
  return changed;
}

const sameConditions = (a: Conditions, b: Conditions): boolean =>
  JSON.stringify(a, Object.keys(a).sort()) === JSON.stringify(b, Object.keys(a).sort());

/** Raises the label, or tightens the conditions, of a dataset and of everything that is derived from it. At once, for all. */
export async function raise(
  parts: LabelParts,
  principal: PrincipalFacts,
  id: string,
  least: AtLeast,
  reason: string,
  idempotency?: Idempotency,
): Promise<{ changed: number }> {
  const asked = { ...raising(principal, id, least), idempotency };
  const { result } = await parts.door.perform(asked, async (tx) => {
    const changed = await raiseInside(tx, id, least, principal.id, parts.clock.now().getTime());
    return { result: { changed }, details: { ...least, reason, changed } };
  });
  return result;
}
