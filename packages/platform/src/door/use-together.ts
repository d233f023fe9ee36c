import type { Action, GenesisError, Purpose } from '@genesis/contracts';
import type { Database, Ids, Tx } from '../kernel/index.ts';
import { appendEntry, type NewEntry } from '../ledger/index.ts';
import { decide, isPublic, type PrincipalFacts, type ResourceFacts } from '../policy/index.ts';
import type { Judged, WriteRequest } from './door.ts';
import { prepareLook } from './facts.ts';

/** A use of one thing, for `useTogether`; `count` is what the entry adds up, for example rows. */
export type Use = { principal: PrincipalFacts; action: Action; id: string; purpose: Purpose; count: number };

/** What the door decides and enters with. */
type Parts = {
  database: Database;
  ids: Ids;
  now: () => number;
  judge: (tx: Tx, request: WriteRequest) => Promise<Judged | undefined>;
  enterRefusal: (tx: Tx, request: WriteRequest, judged: Judged | undefined) => Promise<void>;
  refusal: (request: WriteRequest, judged: Judged | undefined) => GenesisError;
  entryOf: (request: WriteRequest, id: string, decision: Judged['decision'], details: unknown) => NewEntry;
};
type Answer = ResourceFacts | GenesisError;

/** Uses by one principal of one thing in one way, and for each use the place of its group. */
function grouped(uses: readonly Use[]): { groups: Use[][]; places: number[] } {
  const groups: Use[][] = [];
  const places = uses.map((use) => {
    const { principal, action, id, purpose } = use;
    const known = groups.findIndex(
      ([first]) =>
        first!.principal === principal &&
        first!.action === action &&
        first!.id === id &&
        first!.purpose === purpose,
    );
    const at = known === -1 ? groups.push([]) - 1 : known;
    groups[at]!.push(use);
    return at;
  });
  return { groups, places };
}

export function createUseTogether(parts: Parts): (uses: readonly Use[]) => Promise<Answer[]> {
  const { database, ids, now, judge, enterRefusal, refusal, entryOf } = parts;
  const look = prepareLook(database);

  async function useGroup(tx: Tx, group: readonly Use[]): Promise<Answer> {
    const { principal, action, id, purpose } = group[0]!;
    const request: WriteRequest = { principal, action, resource: id, purpose };
    const judged = await judge(tx, request);
    if (judged?.decision.effect !== 'allow') {
      await enterRefusal(tx, request, judged);
      return refusal(request, judged);
    }
    if (!isPublic(judged.facts.label)) {
      const details = { calls: group.length, rows: group.reduce((sum, { count }) => sum + count, 0) };
      await appendEntry(tx, ids, entryOf(request, id, judged.decision, details));
    }
    return judged.facts;
  }

  /** What is public and allowed leaves no entry, so it needs no transaction. */
  async function openUses(groups: readonly (readonly Use[])[]): Promise<(Answer | undefined)[]> {
    const known = await look([...new Set(groups.map(([first]) => first!.id))]);
    return groups.map(([first]) => {
      const { principal, action, id, purpose } = first!;
      const facts = known.get(id);
      if (facts === undefined || !isPublic(facts.label)) return undefined;
      const decision = decide({ principal, action, resource: facts, purpose, sources: [], at: now() });
      return decision.effect === 'allow' ? facts : undefined;
    });
  }

  return async (uses) => {
    const { groups, places } = grouped(uses);
    const answers = await openUses(groups);
    const left = groups.flatMap((group, at) => (answers[at] === undefined ? [{ group, at }] : []));
    // In the order of ids, so that two that lock the same things never wait for each other.
    left.sort((a, b) => (a.group[0]!.id < b.group[0]!.id ? -1 : 1));
    if (left.length > 0) {
      const decided = await database.transaction(async (tx) => {
        const all: Answer[] = [];
        for (const { group } of left) all.push(await useGroup(tx, group));
        return all;
      });
      for (const [place, { at }] of left.entries()) answers[at] = decided[place];
    }
    return places.map((at) => answers[at]!);
  };
}
