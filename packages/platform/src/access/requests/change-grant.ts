import { GenesisError, invalidField } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { AccessParts } from '../parts.ts';
import { isStewardOf } from '../steward.ts';
import { accessGrant, accessRequest } from '../tables.ts';
import { assertCovers } from './covers.ts';
import { aboutAccess } from './decide-request.ts';
import { tell } from './notices.ts';
import { dayMs } from './request-access.ts';
import { findGrant, type GrantRow } from './request-store.ts';

const conflict = (message: string): GenesisError => new GenesisError({ code: 'conflict', message });

async function lockGrant(tx: WriteTx, id: string): Promise<{ row: GrantRow; secondParty: string | null }> {
  const [row] = await tx.select().from(accessGrant).where(eq(accessGrant.id, id)).for('update');
  if (row === undefined) throw new Error(`the grant ${id} has gone`);
  if (row.revokedAt !== null) throw conflict('The grant was revoked already.');
  const [request] = await tx
    .select({ secondParty: accessRequest.secondParty })
    .from(accessRequest)
    .where(eq(accessRequest.id, row.request));
  return { row, secondParty: request?.secondParty ?? null };
}

/** Ends a grant: the next decision knows of it. Stewards of the owner do so, and of the second party where there is one. */
export async function revokeGrant(
  { door, clock, ids, database, projectsOf }: AccessParts,
  principal: PrincipalFacts,
  id: string,
  reason: string,
  idempotency?: Idempotency,
): Promise<{ id: string; state: string; expiresAt: string }> {
  const { row: found, holders } = await findGrant(
    ...([door.authorize(principal, null), projectsOf, id, clock.now().getTime()] as const),
  );
  const [request] = await database.orm
    .select({ secondParty: accessRequest.secondParty })
    .from(accessRequest)
    .where(eq(accessRequest.id, found.request));
  const second = request?.secondParty ?? null;
  const now = clock.now().getTime();
  const acting =
    second !== null && isStewardOf(principal, second, now) && !isStewardOf(principal, found.organisation, now)
      ? second
      : found.organisation;
  const { result } = await door.perform(
    {
      ...{ principal, action: 'access.revoke', purpose: null, idempotency },
      resource: aboutAccess('grant', id, acting, holders),
    },
    async (tx) => {
      const { row } = await lockGrant(tx, id);
      const at = clock.now().getTime();
      await tx.update(accessGrant).set({ revokedAt: at, reason }).where(eq(accessGrant.id, id));
      const text = `Access to ${row.dataset} was revoked: ${reason}`;
      await tell(
        ...([tx, ids, at] as const),
        holders.map((recipient) => ({ recipient, about: id, text, due: at })),
      );
      return {
        result: { id, state: 'revoked', expiresAt: new Date(at).toISOString() },
        details: { grant: id, dataset: row.dataset, holders, reason },
      };
    },
  );
  return result;
}

/**
 * Moves the end of a grant that is still good, to so many days from now and no further than its agreement reaches. Access that
 * two parties approved is asked for again instead.
 */
export async function renewGrant(
  parts: AccessParts,
  principal: PrincipalFacts,
  id: string,
  { days, reason }: { days: number; reason: string },
  idempotency?: Idempotency,
): Promise<{ id: string; state: string; expiresAt: string }> {
  const { door, clock, ids, projectsOf } = parts;
  const { row: found, holders } = await findGrant(
    ...([door.authorize(principal, null), projectsOf, id, clock.now().getTime()] as const),
  );
  const { result } = await door.perform(
    {
      ...{ principal, action: 'access.renew', purpose: null, idempotency },
      resource: aboutAccess('grant', id, found.organisation, holders),
    },
    async (tx) => {
      const { row, secondParty } = await lockGrant(tx, id);
      const at = clock.now().getTime();
      if (secondParty !== null)
        throw conflict(
          `${secondParty} has to approve too: ask again by genesis access request ${row.dataset}.`,
        );
      if (row.expiresAt <= at)
        throw conflict(`The grant has ended: ask again by genesis access request ${row.dataset}.`);
      const covering =
        row.agreement === null ? null : await assertCovers(parts, tx, row.agreement, { ...row, holders }, at);
      const limit = covering?.row.endsAt ?? Number.MAX_SAFE_INTEGER;
      const expiresAt = Math.min(at + days * dayMs, limit);
      if (expiresAt <= row.expiresAt)
        throw invalidField(
          'days',
          `it ends at ${new Date(row.expiresAt).toISOString()} already, ${
            expiresAt === limit ? 'and its agreement reaches no further' : 'which is later'
          }`,
        );
      await tx.update(accessGrant).set({ expiresAt }).where(eq(accessGrant.id, id));
      const until = new Date(expiresAt).toISOString();
      const text = `Access to ${row.dataset} was renewed until ${until}.`;
      await tell(
        ...([tx, ids, at] as const),
        holders.map((recipient) => ({ recipient, about: id, text, due: at })),
      );
      return {
        result: { id, state: 'granted', expiresAt: until },
        details: { grant: id, expiresAt: until, before: new Date(row.expiresAt).toISOString(), reason },
      };
    },
  );
  return result;
}
