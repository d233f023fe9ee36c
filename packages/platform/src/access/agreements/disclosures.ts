import { GenesisError } from '@genesis/contracts';
import { and, asc, eq, inArray, isNull } from 'drizzle-orm';
import type { ReadScope, WriteTx } from '../../door/index.ts';
import type { Clock, Idempotency, Ids } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { AccessParts } from '../parts.ts';
import { type NewNotice, tell } from '../requests/notices.ts';
import { dayMs } from '../requests/request-access.ts';
import { agreement, disclosure } from '../tables.ts';
import { versionOf } from './agreement-state.ts';

export type DisclosureRow = typeof disclosure.$inferSelect;

/**
 * Opens a disclosure for every one of the agreements that demands it, and tells the stewards of its parties; once for each
 * hypothesis, however often it is called. Call it in the transaction that records the verdict.
 *
 * @returns ids of the disclosures that were opened
 */
export async function openDisclosure(
  tx: WriteTx,
  { ids, clock }: { ids: Ids; clock: Clock },
  {
    hypothesis,
    campaign,
    agreements,
  }: { hypothesis: string; campaign: string; agreements: readonly string[] },
): Promise<string[]> {
  if (agreements.length === 0) return [];
  const at = clock.now().getTime();
  const rows = await tx
    .select()
    .from(agreement)
    .where(inArray(agreement.id, [...agreements]));
  const opened: string[] = [];
  for (const { id, inForce } of rows) {
    if (inForce === null) continue;
    const { terms } = await versionOf(tx, id, inForce);
    const { disclosure: demanded, withinDays, owner } = terms.inventions;
    if (!demanded) continue;
    const task = ids.next('disclosure');
    const dueAt = at + (withinDays ?? 0) * dayMs;
    const made = await tx
      .insert(disclosure)
      .values({ id: task, agreement: id, hypothesis, campaign, owner, openedAt: at, dueAt })
      .onConflictDoNothing()
      .returning({ id: disclosure.id });
    if (made.length === 0) continue;
    opened.push(task);
    const text = `A supported hypothesis has to be disclosed under ${id} by ${new Date(dueAt).toISOString()}: genesis disclosure list`;
    const notices = terms.parties.map(
      ({ organisation }): NewNotice => ({ recipient: organisation, about: task, text, due: dueAt }),
    );
    await tell(tx, ids, at, notices);
  }
  return opened;
}

/** Agreements of which the principal is a custodian of a party. */
export const inCustody = ({ principal, predicate }: ReadScope): string[] => {
  if (!predicate.actions.includes('agreement.read') || predicate.confinedTo !== undefined) return [];
  const custodian = new Set(predicate.custodianOf);
  return (principal.parties ?? [])
    .filter(({ organisations }) => organisations.some((one) => custodian.has(one)))
    .map((party) => party.agreement);
};

/** Disclosures under agreements of whoever reads, by the day they are due. */
export async function listDisclosures(
  scope: ReadScope,
  { open = false }: { open?: boolean } = {},
): Promise<DisclosureRow[]> {
  const known = inCustody(scope);
  if (known.length === 0) return [];
  return await scope.orm
    .select()
    .from(disclosure)
    .where(and(inArray(disclosure.agreement, known), open ? isNull(disclosure.closedAt) : undefined))
    .orderBy(asc(disclosure.dueAt), asc(disclosure.id));
}

/** Closes a disclosure, saying what was done about it. A steward of any party does so. */
export async function closeDisclosure(
  { door, clock }: AccessParts,
  principal: PrincipalFacts,
  id: string,
  note: string,
  idempotency?: Idempotency,
): Promise<{ id: string; closedAt: string }> {
  const found = (await listDisclosures(door.authorize(principal, null))).find((one) => one.id === id);
  if (found === undefined)
    throw new GenesisError({
      code: 'not-found',
      message: 'There is no disclosure under this id that you may see.',
    });
  const { result } = await door.perform(
    { principal, action: 'agreement.disclose', resource: found.agreement, purpose: null, idempotency },
    async (tx) => {
      const at = clock.now().getTime();
      const closed = await tx
        .update(disclosure)
        .set({ closedAt: at, closedBy: principal.id, note })
        .where(and(eq(disclosure.id, id), isNull(disclosure.closedAt)))
        .returning({ id: disclosure.id });
      if (closed.length === 0)
        throw new GenesisError({ code: 'conflict', message: 'This disclosure was closed already.' });
      return {
        result: { id, closedAt: new Date(at).toISOString() },
        details: { disclosure: id, hypothesis: found.hypothesis, note },
      };
    },
  );
  return result;
}
