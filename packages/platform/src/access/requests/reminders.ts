import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, sql } from 'drizzle-orm';
import { z } from 'zod';
import { platformFacts, platformPrincipal, type ReadScope } from '../../door/index.ts';
import type { QueueDefinition, Tx } from '../../kernel/index.ts';
import { stateOf } from '../agreements/agreement-state.ts';
import { inCustody, listDisclosures } from '../agreements/disclosures.ts';
import type { AccessParts, ProjectsOf } from '../parts.ts';
import { isStewardOf } from '../steward.ts';
import { accessGrant, agreement, agreementLink, grantHolder, notice } from '../tables.ts';
import { type NewNotice, tell } from './notices.ts';
import { dayMs } from './request-access.ts';
import { listGrants, listRequests } from './request-store.ts';

export const reminderQueue: QueueDefinition<Record<string, never>> = {
  name: 'access-reminders',
  payload: z.strictObject({}),
};

/** Days before its end at which a grant, and an agreement, is reminded of. */
const grantDays = 14;
const agreementDays = 30;
const lookAgainMs = 3_600_000;

export type Reminder = {
  kind: 'grant' | 'agreement' | 'request' | 'disclosure';
  id: string;
  text: string;
  due: number;
};

const day = (at: number): string => new Date(at).toISOString();

/** What ends or is due within so many days and concerns whoever reads: grants, agreements, disclosures, and requests that wait for their word. */
export async function listReminders(
  scope: ReadScope,
  projectsOf: ProjectsOf,
  at: number,
  days: number,
): Promise<Reminder[]> {
  const until = at + days * dayMs;
  const { principal } = scope;
  const reminders: Reminder[] = [];
  for (const { row } of await listGrants(scope, projectsOf, at, until))
    reminders.push({
      ...{ kind: 'grant', id: row.id, due: row.expiresAt },
      text: `Access to ${row.dataset} ends at ${day(row.expiresAt)}.`,
    });
  const custody = inCustody(scope);
  const ending =
    custody.length === 0
      ? []
      : await scope.orm
          .select()
          .from(agreement)
          .where(and(inArray(agreement.id, custody), gt(agreement.endsAt, at), lte(agreement.endsAt, until)));
  for (const row of ending.filter((one) => ['signed', 'active', 'suspended'].includes(stateOf(one, at))))
    reminders.push({
      ...{ kind: 'agreement', id: row.id, due: row.endsAt ?? at },
      text: `The agreement "${row.title}" ends at ${day(row.endsAt ?? at)}.`,
    });
  for (const row of await listDisclosures(scope, { open: true }))
    if (row.dueAt <= until)
      reminders.push({
        ...{ kind: 'disclosure', id: row.id, due: row.dueAt },
        text: `The hypothesis ${row.hypothesis} has to be disclosed by ${day(row.dueAt)}.`,
      });
  for (const { row, state, decisions } of await listRequests(scope, at)) {
    const waits = state === 'asked' || state === 'approved-by-one';
    const decides = [row.organisation, row.secondParty].some(
      (organisation) => organisation !== null && isStewardOf(principal, organisation, at),
    );
    if (
      waits &&
      decides &&
      row.requestedBy !== principal.id &&
      !decisions.some((one) => one.principal === principal.id)
    )
      reminders.push({
        ...{ kind: 'request', id: row.id, due: row.lapsesAt },
        text: `A request for ${row.dataset} waits for a decision.`,
      });
  }
  return reminders.sort((a, b) => a.due - b.due || (a.id < b.id ? -1 : 1));
}

const untold = sql`not exists (select 1 from ${notice} where ${notice.about} = ${accessGrant.id}
  and ${notice.recipient} = ${grantHolder.holder} and ${notice.due} = ${accessGrant.expiresAt})`;

/** Ends that come near and that their people have not been told of; at most so many at a time. */
async function dueNotices(tx: Pick<Tx, 'select'>, at: number): Promise<NewNotice[]> {
  const grants = await tx
    .select({
      id: accessGrant.id,
      dataset: accessGrant.dataset,
      due: accessGrant.expiresAt,
      to: grantHolder.holder,
    })
    .from(accessGrant)
    .innerJoin(grantHolder, eq(grantHolder.grant, accessGrant.id))
    .where(
      and(
        isNull(accessGrant.revokedAt),
        gt(accessGrant.expiresAt, at),
        lte(accessGrant.expiresAt, at + grantDays * dayMs),
        untold,
      ),
    )
    .orderBy(asc(accessGrant.expiresAt))
    .limit(500);
  const agreements = await tx
    .select({ row: agreement, to: agreementLink.subject })
    .from(agreement)
    .innerJoin(
      agreementLink,
      and(
        eq(agreementLink.agreement, agreement.id),
        eq(agreementLink.version, agreement.inForce),
        eq(agreementLink.role, 'party'),
      ),
    )
    .where(
      and(
        isNotNull(agreement.inForce),
        inArray(agreement.state, ['signed', 'suspended']),
        gt(agreement.endsAt, at),
        lte(agreement.endsAt, at + agreementDays * dayMs),
        sql`not exists (select 1 from ${notice} where ${notice.about} = ${agreement.id}
          and ${notice.recipient} = ${agreementLink.subject} and ${notice.due} = ${agreement.endsAt})`,
      ),
    )
    .limit(500);
  return [
    ...grants.map(
      ({ id, dataset, due, to }): NewNotice => ({
        ...{ recipient: to, about: id, due },
        text: `Access to ${dataset} ends at ${day(due)}. Ask again in time: genesis access request ${dataset}`,
      }),
    ),
    ...agreements.map(
      ({ row, to }): NewNotice => ({
        ...{ recipient: to, about: row.id, due: row.endsAt ?? at },
        text: `The agreement "${row.title}" ends at ${day(row.endsAt ?? at)}.`,
      }),
    ),
  ];
}

/**
 * Tells everybody whose access ends soon, each once for each end: what was told before is not told again, whatever happened
 * in between. Returns how many were told.
 */
export async function remind({ door, database, clock, ids }: AccessParts): Promise<number> {
  const at = clock.now().getTime();
  const due = await dueNotices(database.orm, at);
  if (due.length === 0) return 0;
  const { result } = await door.perform(
    {
      ...{ principal: platformPrincipal, action: 'access.remind', purpose: null },
      resource: { about: platformFacts },
    },
    async (tx) => {
      const told = await tell(tx, ids, at, due);
      return { result: told, details: { told } };
    },
  );
  return result;
}

/** Looks once an hour, for as long as the platform runs; the next look is a job of its own. */
export async function startReminders(parts: AccessParts): Promise<void> {
  const { queue, clock, crash } = parts;
  await queue.work(reminderQueue, async () => {
    while ((await remind(parts)) > 0);
    crash.reach('access.reminded');
    await queue.enqueue(
      null,
      reminderQueue,
      {},
      {
        key: 'next',
        startAfter: new Date(clock.now().getTime() + lookAgainMs),
      },
    );
  });
  await queue.enqueue(null, reminderQueue, {}, { key: 'first' });
}
