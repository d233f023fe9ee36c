import { type Action, type Decision, GenesisError, type Label, type Purpose } from '@genesis/contracts';
import {
  answerOnce,
  type Clock,
  type Database,
  type Idempotency,
  type Ids,
  type Tx,
} from '../kernel/index.ts';
import { appendEntry, type Edge, type NewEntry } from '../ledger/index.ts';
import {
  agreementsBehind,
  type DecisionRequest,
  decide,
  isPublic,
  isVisible,
  joinConditions,
  type PrincipalFacts,
  type ResourceFacts,
  readScopeOf,
  unrestricted,
} from '../policy/index.ts';
import { loadFacts, lookAtFacts, rowOf } from './facts.ts';
import { makeScope, type ReadScope } from './scope.ts';
import { resource } from './tables.ts';
import { asWriteTx, type WriteTx } from './tx.ts';
import { createUseTogether, type Use } from './use-together.ts';

/** A write that asks to pass the door. */
export type WriteRequest = {
  principal: PrincipalFacts;
  action: Action;
  /**
   * The id of an existing governed thing; the facts of one that this write creates; facts about something that has no row
   * of its own (the platform, a principal); or an existing thing as it is to become, from what it is when this is decided.
   */
  resource:
    | string
    | { create: ResourceFacts }
    | { about: ResourceFacts }
    | { becomes: string; from: (now: ResourceFacts) => ResourceFacts };
  purpose: Purpose | null;
  /**
   * The change gives the thing another label or other conditions: it is locked alone from the decision on, since two that
   * both shared it first would wait for each other. Holds for what `becomes` anyway.
   */
  alone?: boolean;
  /** Ids of what the result is derived from: their labels and conditions must not be lost. */
  sources?: readonly string[];
  /** Who proposed it, where an act takes two people. */
  proposedBy?: string | undefined;
  /** Set by the platform's own confirming run and by its own sign-in, and by nothing else. */
  handler?: 'confirm' | 'sign-in';
  /** What the place that data moves to may hold: it must cover the label. */
  destination?: Label | undefined;
  /** Name and id of that place, where it is a machine. */
  destinationNames?: readonly string[] | undefined;
  /** The same key acts once: a repetition gets the first result, which must be JSON without a secret. */
  idempotency?: Idempotency | undefined;
};

/** What a change leaves behind: its result, the details that its entry commits to, and edges of the lineage. */
export type Change<T> = { result: T; details: unknown; edges?: readonly Edge[] };

/** The result of a write together with the entry that proves it. */
export type Performed<T> = {
  result: T;
  entry: string;
  decision: Decision;
  /** Whether this is the result of an earlier request with the same idempotency key. */
  repeated: boolean;
};

export interface Door {
  /**
   * Decides, and if allowed changes the state and appends the ledger entry, all in one transaction. A denial is
   * entered in the ledger too and thrown; `change` learns the id of its entry; what the principal may not know of is `not-found`, as if it did not exist.
   */
  perform<T>(
    request: WriteRequest,
    change: (tx: WriteTx, facts: ResourceFacts, entry: string) => Promise<Change<T>>,
  ): Promise<Performed<T>>;
  /** The right to read lists for a purpose. */
  authorize(principal: PrincipalFacts, purpose: Purpose | null): ReadScope;
  /** Decides about one thing that is read or used; uses of what is not public, allowed and denied, enter the ledger. */
  use(
    principal: PrincipalFacts,
    action: Action,
    id: string,
    purpose: Purpose | null,
    details?: unknown,
  ): Promise<{ facts: ResourceFacts; scope: ReadScope }>;
  /**
   * The same for many at once, each decided by itself on facts that are read after the call: uses of one thing by one
   * principal are one entry with their number; a use of what is public reads without a transaction. In the order asked.
   */
  useTogether(uses: readonly Use[]): Promise<(ResourceFacts | GenesisError)[]>;
  /** Enters in the ledger that a list showed things that are not public: one entry for the whole list. */
  noteUse(scope: ReadScope, action: Action, shown: readonly ResourceFacts[]): Promise<void>;
  /**
   * The decision as it would be, without acting and without a trace; undefined where there is nothing that the
   * principal may know of.
   */
  foresee(request: WriteRequest): Promise<{ request: DecisionRequest; decision: Decision } | undefined>;
}

/** What the door is made of. */
export type DoorParts = { database: Database; clock: Clock; ids: Ids };

export type Judged = {
  asked: DecisionRequest;
  facts: ResourceFacts;
  sources: ResourceFacts[];
  decision: Decision;
  creating: boolean;
};

/** What is made under a grant is bound by the agreement that the grant rests on, beside those of its sources. */
const boundBy = (facts: ResourceFacts, behind: readonly string[]): ResourceFacts =>
  behind.length === 0
    ? facts
    : {
        ...facts,
        conditions: joinConditions(facts.conditions, { ...unrestricted, agreements: [...behind] }),
      };

/** Stands for what does not exist, wherever the same work has to be done about it as about what is hidden. */
const nothing: ResourceFacts = {
  ...{ kind: 'dataset', id: 'nothing', organisation: null, conditions: unrestricted },
  label: { level: 'classified', categories: [] },
};

/** The error of a decision that its principal may know of. */
export const denied = (decision: Decision): GenesisError =>
  new GenesisError({
    code: 'denied',
    message: `Not allowed: ${decision.rationaleCode}. ${decision.needed.join(' ')}`.trim(),
    decision,
  });

const idOf = (wanted: WriteRequest['resource']): string => {
  if (typeof wanted === 'string') return wanted;
  if ('becomes' in wanted) return wanted.becomes;
  return 'create' in wanted ? wanted.create.id : wanted.about.id;
};

/** The facts that a decision is about; undefined where the thing does not exist. */
function factsOfWanted(
  wanted: WriteRequest['resource'],
  known: ReadonlyMap<string, ResourceFacts>,
): ResourceFacts | undefined {
  if (typeof wanted === 'string') return known.get(wanted);
  if ('create' in wanted) return wanted.create;
  if ('about' in wanted) return wanted.about;
  const now = known.get(wanted.becomes);
  return now && wanted.from(now);
}

export function createDoor({ database, clock, ids }: DoorParts): Door {
  const now = (): number => clock.now().getTime();

  const missing = (): GenesisError =>
    new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

  /** @param look reads the facts without a lock, for what acts on nothing */
  async function judge(
    tx: Tx,
    request: WriteRequest,
    look?: typeof lookAtFacts,
  ): Promise<Judged | undefined> {
    const { resource: wanted } = request;
    const becomes = typeof wanted === 'object' && 'becomes' in wanted;
    const named = typeof wanted === 'string' || becomes ? [idOf(wanted)] : [];
    const all = [...named, ...(request.sources ?? [])];
    const lock = request.alone === true || becomes ? 'update' : 'share';
    const known = await (look === undefined ? loadFacts(tx, all, lock) : look(tx, all));
    const facts = factsOfWanted(wanted, known);
    if (facts === undefined) {
      // As long as for what is hidden, so that the time does not tell.
      decide({
        principal: request.principal,
        action: request.action,
        resource: nothing,
        purpose: request.purpose,
        at: now(),
      });
      return undefined;
    }
    const { destination, destinationNames, proposedBy } = request;
    const sources: ResourceFacts[] = [];
    for (const source of request.sources ?? []) {
      const found = known.get(source);
      if (found === undefined) return undefined;
      sources.push(found);
    }
    const asked: DecisionRequest = {
      principal: request.principal,
      action: request.action,
      resource: {
        ...facts,
        ...(destination === undefined ? {} : { destinationClearance: destination }),
        ...(destinationNames === undefined ? {} : { destinationNames }),
        ...(proposedBy === undefined ? {} : { proposedBy }),
      },
      purpose: request.purpose,
      sources,
      at: now(),
      ...(request.handler === undefined ? {} : { handler: request.handler }),
    };
    const creating = typeof wanted === 'object' && 'create' in wanted;
    return {
      asked,
      facts: creating ? boundBy(facts, agreementsBehind(asked)) : facts,
      sources,
      decision: decide(asked),
      creating,
    };
  }

  function entryOf(
    request: WriteRequest,
    id: string,
    decision: Pick<Decision, 'effect' | 'rationaleCode'>,
    details: unknown,
  ): NewEntry {
    return {
      at: now(),
      actor: request.principal.id,
      action: request.action,
      resource: id,
      decision: { effect: decision.effect, rationaleCode: decision.rationaleCode },
      purpose: request.purpose ?? undefined,
      delegation: request.principal.delegation?.id,
      details,
    };
  }

  /**
   * Enters that something was refused, in the transaction that decided. A look for what does not exist leaves the same trace, by
   * the same number of commits, as a look for what is hidden: neither the growth of the log nor the time tells which it was.
   */
  async function enterRefusal(tx: Tx, request: WriteRequest, judged: Judged | undefined): Promise<void> {
    const id = idOf(request.resource);
    const decision = judged?.decision ?? { effect: 'deny' as const, rationaleCode: 'not-found', rules: [] };
    await appendEntry(
      tx,
      ids,
      entryOf(request, id, decision, { rules: decision.rules.map((rule) => rule.rule) }),
    );
  }

  /** The error of what was refused: `not-found` for what the principal may not know of, as for what does not exist. */
  function refusal(request: WriteRequest, judged: Judged | undefined): GenesisError {
    if (judged === undefined) {
      isVisible(request.principal, nothing, now());
      return missing();
    }
    const { facts, decision, sources } = judged;
    const named = typeof request.resource === 'string' ? [facts, ...sources] : sources;
    return named.some((one) => !isVisible(request.principal, one, now())) ? missing() : denied(decision);
  }

  async function carryOut<T>(
    tx: Tx,
    request: WriteRequest,
    judged: Judged,
    change: (tx: WriteTx, facts: ResourceFacts, entry: string) => Promise<Change<T>>,
  ): Promise<{ result: T; entry: string }> {
    if (judged.creating) await tx.insert(resource).values(rowOf(judged.facts, request.principal.id, now()));
    const entry = ids.next('entry');
    const changed = await change(asWriteTx(tx), judged.facts, entry);
    const edges: Edge[] = [
      ...(changed.edges ?? []),
      ...judged.sources
        .filter((source) => source.id !== judged.facts.id)
        .map((source): Edge => ({ subject: judged.facts.id, relation: 'wasDerivedFrom', object: source.id })),
    ];
    await appendEntry(
      tx,
      ids,
      { ...entryOf(request, judged.facts.id, judged.decision, changed.details), edges },
      entry,
    );
    return { result: changed.result, entry };
  }

  async function perform<T>(
    request: WriteRequest,
    change: (tx: WriteTx, facts: ResourceFacts, entry: string) => Promise<Change<T>>,
  ): Promise<Performed<T>> {
    const outcome = await database.transaction(async (tx) => {
      const judged = await judge(tx, request);
      if (judged?.decision.effect !== 'allow') {
        await enterRefusal(tx, request, judged);
        return { refused: judged };
      }
      const act = () => carryOut(tx, request, judged, change);
      if (request.idempotency === undefined)
        return { done: { ...(await act()), decision: judged.decision, repeated: false } };
      const answer = await answerOnce(tx, request.idempotency, async () => ({
        status: 200,
        body: await act(),
      }));
      const { repeated } = answer;
      const body = answer.body as { result: T; entry: string };
      return { done: { ...body, decision: judged.decision, repeated } };
    });
    if (outcome.done === undefined) throw refusal(request, outcome.refused);
    return outcome.done;
  }

  function authorize(principal: PrincipalFacts, purpose: Purpose | null): ReadScope {
    return makeScope(database.orm, principal, readScopeOf(principal, purpose, now()));
  }

  async function use(
    principal: PrincipalFacts,
    action: Action,
    id: string,
    purpose: Purpose | null,
    details: unknown = {},
  ): Promise<{ facts: ResourceFacts; scope: ReadScope }> {
    const request: WriteRequest = { principal, action, resource: id, purpose };
    const judged = await database.transaction(async (tx) => {
      const found = await judge(tx, request);
      if (found?.decision.effect !== 'allow') await enterRefusal(tx, request, found);
      else if (!isPublic(found.facts.label))
        await appendEntry(tx, ids, entryOf(request, id, found.decision, details));
      return found;
    });
    if (judged?.decision.effect !== 'allow') throw refusal(request, judged);
    return { facts: judged.facts, scope: authorize(principal, purpose) };
  }

  const useTogether = createUseTogether({
    ...{ database, ids, now, entryOf, enterRefusal, refusal },
    judge: (tx, request) => judge(tx, request),
  });

  async function noteUse(scope: ReadScope, action: Action, shown: readonly ResourceFacts[]): Promise<void> {
    const restricted = shown.filter((facts) => !isPublic(facts.label));
    if (restricted.length === 0) return;
    await database.transaction((tx) =>
      appendEntry(tx, ids, {
        at: now(),
        actor: scope.principal.id,
        action,
        resource: null,
        decision: { effect: 'allow', rationaleCode: 'listed' },
        purpose: scope.purpose ?? undefined,
        details: { listed: restricted.length },
        edges: restricted.map((facts) => ({
          subject: scope.principal.id,
          relation: 'used',
          object: facts.id,
        })),
      }),
    );
  }

  async function foresee(request: WriteRequest) {
    const judged = await database.transaction((tx) => judge(tx, request, lookAtFacts));
    if (judged === undefined) {
      isVisible(request.principal, nothing, now());
      return undefined;
    }
    const named = typeof request.resource === 'string' ? [judged.facts, ...judged.sources] : judged.sources;
    if (named.some((one) => !isVisible(request.principal, one, now()))) return undefined;
    return { request: judged.asked, decision: judged.decision };
  }

  return { perform, authorize, use, useTogether, noteUse, foresee };
}
