import { type Conditions, GenesisError, invalidField, type Label, type Purpose } from '@genesis/contracts';
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { placeUnder, type ReadScope, resource } from '../../door/index.ts';
import type { Idempotency, Ids } from '../../kernel/index.ts';
import { describeLabel, dominates, type PrincipalFacts, type ResourceFacts } from '../../policy/index.ts';
import { release } from '../tables.ts';
import { factsNow, releasedTogether } from './affected.ts';
import { type Before, type Effect, effectsOf } from './preview.ts';
import type { LabelParts } from './raise.ts';

export type ReleaseParts = LabelParts & { ids: Ids };
export type ReleaseRow = typeof release.$inferSelect;

/** A request that nobody decides about lapses. */
export const releaseLapsesMs = 30 * 86_400_000;

/** A lower label, and purposes that are to be open as well. Licences, agreements and origins always stay. */
export type Lower = { label: Label; purposes: readonly Purpose[] };

const hidden = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'There is nothing here under this id that you may see.' });

const lowered = (facts: ResourceFacts, { label, purposes }: Lower): ResourceFacts => {
  const open = [...new Set([...facts.conditions.purposes, ...purposes])].sort();
  const conditions: Conditions = { ...facts.conditions, purposes: open };
  return { ...facts, label, conditions };
};

/** Asks for something to be released at a lower label. Changes nothing until another person agrees. */
export async function askRelease(
  parts: ReleaseParts,
  principal: PrincipalFacts,
  id: string,
  wanted: Lower & { reason: string },
  idempotency?: Idempotency,
): Promise<ReleaseRow> {
  const { door, ids, clock } = parts;
  const ask = { principal, action: 'release.ask', resource: id, purpose: null, idempotency } as const;
  const { result } = await door.perform(ask, async (tx, facts) => {
    const { label, purposes, reason } = wanted;
    if (!dominates(facts.label, label) || dominates(label, facts.label)) {
      const now = describeLabel(facts.label);
      throw invalidField('label', `expected a label below the present one, ${now}; raising needs no release`);
    }
    const row: ReleaseRow = {
      ...{ id: ids.next('release'), resource: id, label, purposes: [...purposes].sort(), reason },
      ...{ from: facts.label, state: 'asked', askedBy: principal.id, askedAt: clock.now().getTime() },
      ...{ decidedBy: null, decidedAt: null, decision: null },
    };
    await tx.insert(release).values(row);
    return { result: row, details: { release: row.id, from: row.from, label, purposes, reason } };
  });
  return result;
}

export const isLapsed = ({ state, askedAt }: ReleaseRow, at: number): boolean =>
  state === 'asked' && askedAt + releaseLapsesMs <= at;

export async function findRelease(scope: ReadScope, id: string): Promise<ReleaseRow | undefined> {
  const [row] = await scope.orm
    .select({ release })
    .from(release)
    .innerJoin(resource, eq(resource.id, release.resource))
    .where(and(scope.where, eq(release.id, id)));
  return row?.release;
}

/** Requests about what the scope shows, newest first. */
export async function listReleases(scope: ReadScope, page: { limit: number; before?: string }) {
  const rows = await scope.orm
    .select({ release })
    .from(release)
    .innerJoin(resource, eq(resource.id, release.resource))
    .where(and(scope.where, page.before === undefined ? sql`true` : lt(release.id, page.before)))
    .orderBy(desc(release.id))
    .limit(page.limit);
  return rows.map((row) => row.release);
}

/** What a release would show to whom, for those who may ask for it or decide about it. */
export async function previewRelease(
  parts: ReleaseParts,
  principal: PrincipalFacts,
  id: string,
  wanted: Lower,
): Promise<{ changes: Before[]; effects: Effect[] }> {
  const ask = { principal, action: 'release.ask', resource: id, purpose: null } as const;
  const foreseen = await parts.door.foresee(ask);
  if (foreseen?.decision.effect !== 'allow') throw hidden();
  const things = await parts.database.transaction((tx) => releasedTogether(tx, id));
  const changes = things.map((before) => ({ before, after: lowered(before, wanted) }));
  const people = await parts.everybody();
  return { changes, effects: effectsOf(changes, people, parts.clock.now().getTime(), { granted: false }) };
}

/**
 * The second person agrees, or does not. What is released is the thing as it was when the release was asked for: a label that
 * changed since is a conflict, and what comes from it keeps the label that it has.
 */
export async function decideRelease(
  parts: ReleaseParts,
  principal: PrincipalFacts,
  asked: ReleaseRow,
  answer: { agree: boolean; reason: string },
  idempotency?: Idempotency,
): Promise<ReleaseRow> {
  const { door, clock } = parts;
  const decide = {
    principal,
    action: 'release.decide',
    resource: asked.resource,
    purpose: null,
    proposedBy: asked.askedBy,
    alone: true,
    idempotency,
  } as const;
  const { result } = await door.perform(decide, async (tx) => {
    const at = clock.now().getTime();
    const [row] = await tx.select().from(release).where(eq(release.id, asked.id)).for('update');
    if (row === undefined) throw hidden();
    if (row.state !== 'asked' || isLapsed(row, at)) {
      const state = row.state === 'asked' ? 'lapsed' : row.state;
      throw new GenesisError({ code: 'conflict', message: `This request is ${state} already.` });
    }
    const before = await factsNow(tx, row.resource);
    if (before === undefined || JSON.stringify(before.label) !== JSON.stringify(row.from)) {
      throw new GenesisError({
        code: 'conflict',
        message: 'Its label changed since: ask for the release again.',
      });
    }
    let released = 0;
    if (answer.agree) {
      const together = await releasedTogether(tx, row.resource);
      for (const part of together) await placeUnder(tx, lowered(part, row), principal.id, at);
      released = together.length;
    }
    const ended = {
      state: answer.agree ? 'released' : 'refused',
      decidedBy: principal.id,
      decidedAt: at,
      decision: answer.reason,
    } as const;
    await tx.update(release).set(ended).where(eq(release.id, row.id));
    const details = {
      release: row.id,
      agreed: answer.agree,
      reason: answer.reason,
      label: row.label,
      released,
    };
    return { result: { ...row, ...ended }, details };
  });
  return result;
}
