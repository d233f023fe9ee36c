import { GenesisError, invalidField, type RequestState, requestStates } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import { bottom, type PrincipalFacts, type ResourceFacts, unrestricted } from '../../policy/index.ts';
import type { DecisionBody } from '../model.ts';
import type { AccessParts } from '../parts.ts';
import { isStewardOf } from '../steward.ts';
import { accessDecision, accessGrant, accessRequest, grantHolder } from '../tables.ts';
import { assertCovers } from './covers.ts';
import { formOf } from './forms.ts';
import { tell } from './notices.ts';
import { dayMs, secondPartyOf } from './request-access.ts';
import { findRequest, type RequestRow, requestStateAt } from './request-store.ts';

const conflict = (message: string): GenesisError => new GenesisError({ code: 'conflict', message });

/** A request or a grant as a decision sees it: it has no row of its own among governed things. */
export const aboutAccess = (
  kind: 'request' | 'grant',
  id: string,
  organisation: string,
  members: readonly string[],
): { about: ResourceFacts } => ({
  about: { kind, id, organisation, label: bottom, conditions: unrestricted, members },
});

async function lockRequest(tx: WriteTx, id: string, at: number): Promise<RequestRow> {
  const [row] = await tx.select().from(accessRequest).where(eq(accessRequest.id, id)).for('update');
  if (row === undefined) throw new Error(`the request ${id} has gone`);
  const state = requestStateAt(row, at);
  if (requestStates.isFinal(state)) throw conflict(`The request is ${state}: nothing is left to decide.`);
  return row;
}

async function moveTo(
  tx: WriteTx,
  row: RequestRow,
  state: RequestState,
  at: number,
  more: Partial<RequestRow> = {},
): Promise<void> {
  const from = row.state as RequestState;
  if (from !== state && !requestStates.canMove(from, state))
    throw new Error(`a request that is ${from} cannot become ${state}`);
  const endedAt = requestStates.isFinal(state) ? at : null;
  await tx
    .update(accessRequest)
    .set({ ...more, state, endedAt })
    .where(eq(accessRequest.id, row.id));
}

/** The organisation for which somebody decides; the owner where they could do so for both and it has not spoken. */
function actingFor(
  principal: PrincipalFacts,
  { organisation, secondParty }: RequestRow,
  spoken: readonly string[],
  at: number,
): string {
  const own = isStewardOf(principal, organisation, at);
  const second = secondParty !== null && isStewardOf(principal, secondParty, at);
  return second && (!own || spoken.includes(organisation)) ? secondParty : organisation;
}

/** Opens what was asked for: it ends after the days, and with the agreement that it rests on at the latest. */
async function grant(
  tx: WriteTx,
  { ids }: AccessParts,
  row: RequestRow,
  endsAt: number | null,
  at: number,
): Promise<{ id: string; expiresAt: number }> {
  const id = ids.next('grant');
  const expiresAt = Math.min(at + row.days * dayMs, endsAt ?? Number.MAX_SAFE_INTEGER);
  const { dataset, organisation, purposes, agreement } = row;
  await tx.insert(accessGrant).values({
    ...{ id, request: row.id, dataset, organisation, purposes, agreement, grantedAt: at, expiresAt },
  });
  await tx.insert(grantHolder).values(row.holders.map((holder) => ({ grant: id, holder })));
  return { id, expiresAt };
}

export type Decided = { id: string; state: RequestState; grant: string | null; expiresAt: string | null };

/**
 * One person's word on a request, with the reason. A refusal ends it. Where a second party is demanded, the first approval
 * waits for one by a second person of the other side; the last one makes the grant. Two who decide at once are taken one after
 * the other.
 */
export async function decideRequest(
  parts: AccessParts,
  principal: PrincipalFacts,
  id: string,
  { approve, reason, agreement, days }: DecisionBody,
  idempotency?: Idempotency,
): Promise<Decided> {
  const { door, clock, ids } = parts;
  const found = await findRequest(door.authorize(principal, null), id, clock.now().getTime());
  const spoken = found.decisions.map((one) => one.organisation);
  const acting = actingFor(principal, found.row, spoken, clock.now().getTime());
  const members = [found.row.requestedBy, ...found.row.holders];
  const { result } = await door.perform<Decided>(
    {
      ...{ principal, action: 'access.decide', purpose: null, idempotency },
      resource: aboutAccess('request', id, acting, members),
    },
    async (tx) => {
      const at = clock.now().getTime();
      const locked = await lockRequest(tx, id, at);
      const earlier = await tx.select().from(accessDecision).where(eq(accessDecision.request, id));
      if (earlier.some((one) => one.principal === principal.id))
        throw conflict('You have decided already: a second person must.');
      await tx.insert(accessDecision).values({
        ...{ request: id, principal: principal.id, organisation: acting, approves: approve, reason },
        decidedAt: at,
      });
      const tellAsker = (text: string) =>
        tell(tx, ids, at, [{ recipient: locked.requestedBy, about: id, text, due: at }]);
      if (!approve) {
        await moveTo(tx, locked, 'refused', at);
        await tellAsker(`Your request for ${locked.dataset} was refused: ${reason}`);
        return {
          result: { id, state: 'refused' as const, grant: null, expiresAt: null },
          details: { request: id, approve, reason, organisation: acting, state: 'refused' },
        };
      }
      const named = earlier.some((one) => one.organisation === locked.organisation);
      if (
        agreement !== undefined &&
        agreement !== locked.agreement &&
        (acting !== locked.organisation || named)
      )
        throw invalidField(
          'agreement',
          'the first steward of the owner names it; whoever comes second approves that or refuses',
        );
      const rests = agreement ?? locked.agreement;
      const covering = rests === null ? null : await assertCovers(parts, tx, rests, locked, at);
      const form = await formOf(tx, locked.organisation, locked.dataset);
      const home = (await parts.directory.load(locked.requestedBy))?.organisation ?? '';
      const secondParty =
        locked.secondParty ?? secondPartyOf(form, covering?.terms ?? null, locked.organisation, home);
      const row: RequestRow = {
        ...locked,
        agreement: rests,
        secondParty,
        days: Math.min(locked.days, days ?? locked.days),
      };
      const approvals = [...earlier, { principal: principal.id, organisation: acting }];
      const byOwner = approvals.find((one) => one.organisation === row.organisation);
      const bySecond = approvals.find(
        (one) => one.organisation === secondParty && one.principal !== byOwner?.principal,
      );
      const complete = byOwner !== undefined && (secondParty === null || bySecond !== undefined);
      const more = { agreement: row.agreement, secondParty, days: row.days };
      if (!complete) {
        await moveTo(tx, locked, 'approved-by-one', at, more);
        return {
          result: { id, state: 'approved-by-one' as const, grant: null, expiresAt: null },
          details: { request: id, approve, reason, organisation: acting, state: 'approved-by-one', ...more },
        };
      }
      await moveTo(tx, locked, 'granted', at, more);
      const made = await grant(tx, parts, row, covering?.row.endsAt ?? null, at);
      const expiresAt = new Date(made.expiresAt).toISOString();
      await tellAsker(`You may use ${row.dataset} for ${row.purposes.join(', ')} until ${expiresAt}.`);
      return {
        result: { id, state: 'granted' as const, grant: made.id, expiresAt },
        details: {
          ...{ request: id, approve, reason, organisation: acting, state: 'granted', ...more },
          ...{
            grant: made.id,
            dataset: row.dataset,
            holders: row.holders,
            purposes: row.purposes,
            expiresAt,
          },
        },
        edges: [{ subject: made.id, relation: 'wasDerivedFrom' as const, object: id }],
      };
    },
  );
  return result;
}

/** Takes back one's own request. */
export async function withdrawRequest(
  { door, clock }: AccessParts,
  principal: PrincipalFacts,
  id: string,
  idempotency?: Idempotency,
): Promise<Decided> {
  const found = await findRequest(door.authorize(principal, null), id, clock.now().getTime());
  if (found.row.requestedBy !== principal.id)
    throw conflict('Only who asked takes a request back; a steward refuses it instead.');
  const { result } = await door.perform(
    {
      ...{ principal, action: 'access.withdraw', purpose: null, idempotency },
      resource: aboutAccess('request', id, principal.organisation, []),
    },
    async (tx) => {
      const at = clock.now().getTime();
      await moveTo(tx, await lockRequest(tx, id, at), 'withdrawn', at);
      return {
        result: { id, state: 'withdrawn' as const, grant: null, expiresAt: null },
        details: { request: id },
      };
    },
  );
  return result;
}
