import { purposes } from '@genesis/contracts';
import {
  admits,
  isPublic,
  type PrincipalFacts,
  type ResourceFacts,
  readScopeOf,
} from '../../policy/index.ts';

/** One thing as it is and as it would be. */
export type Before = { before: ResourceFacts; after: ResourceFacts };

/** What a change of labels does to one person: how many of the changed things appear, and how many disappear. */
export type Effect = { principal: string; gains: number; loses: number };

/** The owner's own people, and those whom it granted access where `granted` says so: to its stewards only. */
function concerned(
  { organisation, grants = [] }: PrincipalFacts,
  things: readonly ResourceFacts[],
  granted: boolean,
): boolean {
  const near = new Set(granted ? grants.map(({ dataset }) => dataset) : []);
  return things.some(
    (thing) =>
      thing.organisation === organisation || thing.conditions.origins.some((origin) => near.has(origin)),
  );
}

/**
 * Who sees more and who sees less after a change, in the order of the people given: of those whom whoever asks
 * may know of. That something is public for everybody is told apart (`becomesPublic`). Pure. Costs people × kinds of change:
 * things that agree in kind, owner, label and conditions are judged once.
 */
export function effectsOf(
  changes: readonly Before[],
  people: readonly PrincipalFacts[],
  at: number,
  { granted }: { granted: boolean },
): Effect[] {
  const classes = new Map<string, { change: Before; count: number }>();
  for (const change of changes) {
    const { before, after } = change;
    const key = JSON.stringify([
      ...[before.kind, before.organisation],
      ...[before.label, before.conditions, after.label, after.conditions],
    ]);
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { change, count: 1 });
    else known.count++;
  }
  const things = changes.map(({ before }) => before);
  const known = people.filter((person) => concerned(person, things, granted));
  const effects = known.map((person): Effect => {
    const scopes = [null, ...purposes].map((purpose) => readScopeOf(person, purpose, at));
    const sees = (facts: ResourceFacts): boolean => scopes.some((scope) => admits(scope, facts));
    let gains = 0;
    let loses = 0;
    for (const { change, count } of classes.values()) {
      const [was, is] = [sees(change.before), sees(change.after)];
      if (is && !was) gains += count;
      if (was && !is) loses += count;
    }
    return { principal: person.id, gains, loses };
  });
  return effects.filter(({ gains, loses }) => gains > 0 || loses > 0);
}

/** Whether something is shown to everybody that was not. */
export const becomesPublic = (changes: readonly Before[]): boolean =>
  changes.some(({ before, after }) => isPublic(after.label) && !isPublic(before.label));
