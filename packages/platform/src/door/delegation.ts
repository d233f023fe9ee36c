import { type Action, GenesisError, type Purpose } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import type { Clock, Database, Ids } from '../kernel/index.ts';
import { bottom, type PrincipalFacts } from '../policy/index.ts';
import { delegation } from './tables.ts';
import type { WriteTx } from './tx.ts';

/** Where the door finds what identity knows of a principal. */
export interface PrincipalDirectory {
  /** Facts as they are now, or undefined where there is no such principal or it is disabled. */
  load(principal: string): Promise<Known | undefined>;
}

type Known = Omit<PrincipalFacts, 'tokenScopes' | 'delegation'>;

/**
 * A principal under a token that nobody vouched for: without clearance, and without the power of a steward unless it
 * is the one that founds an organisation; without grants too, and without a part in agreements. Otherwise whoever hands
 * out tokens could clear anybody, and so themselves, and sign for others.
 */
export const unvouched = (facts: Known, founding: boolean): Known => ({
  ...facts,
  uncleared: true,
  clearance: bottom,
  agreements: [],
  grants: [],
  parties: founding ? (facts.parties ?? []) : [],
  roles: founding ? facts.roles : facts.roles.filter(({ role }) => role !== 'steward'),
});

export type NewDelegation = {
  purpose: Purpose;
  actions: readonly Action[];
  resources: readonly string[];
  lifetimeMs: number;
};

/**
 * Records that a worker may act for the principal: for one purpose, some actions, some things, until it expires. It is
 * written in the transaction of the work that it serves and never gives more than the principal's own token did.
 */
export async function delegate(
  tx: WriteTx,
  { clock, ids }: { clock: Clock; ids: Ids },
  principal: PrincipalFacts,
  wanted: NewDelegation,
): Promise<string> {
  const id = ids.next('delegation');
  const now = clock.now().getTime();
  if (principal.delegation !== undefined) throw new Error('delegated authority cannot be handed on');
  await tx.insert(delegation).values({
    id,
    principal: principal.id,
    purpose: wanted.purpose,
    actions: [...wanted.actions],
    resources: [...wanted.resources],
    tokenScopes: [...principal.tokenScopes],
    createdAt: now,
    uncleared: principal.uncleared === true,
    expiresAt: now + wanted.lifetimeMs,
  });
  return id;
}

/** Whether a delegation still counts. */
export async function delegationLives(
  tx: WriteTx,
  { clock }: { clock: Clock },
  id: string,
): Promise<boolean> {
  const [row] = await tx.select().from(delegation).where(eq(delegation.id, id));
  return row !== undefined && row.revokedAt === null && row.expiresAt > clock.now().getTime();
}

/** Ends a delegation: whoever works under it is denied at its next effect. Returns whose it was, if there is one. */
export async function revokeDelegation(
  tx: WriteTx,
  { clock }: { clock: Clock },
  id: string,
): Promise<string | undefined> {
  const [row] = await tx
    .update(delegation)
    .set({ revokedAt: clock.now().getTime() })
    .where(eq(delegation.id, id))
    .returning({ principal: delegation.principal });
  return row?.principal;
}

/**
 * The principal as a delegated worker, read anew: call it before each effect.
 *
 * @throws GenesisError `unauthenticated` when the delegation or its principal is gone
 */
export async function actUnder(
  database: Database,
  directory: PrincipalDirectory,
  id: string,
): Promise<PrincipalFacts> {
  const [row] = await database.orm.select().from(delegation).where(eq(delegation.id, id));
  const facts = row === undefined ? undefined : await directory.load(row.principal);
  if (row === undefined || facts === undefined) {
    throw new GenesisError({ code: 'unauthenticated', message: `Delegation ${id} is no longer valid.` });
  }
  return {
    ...(row.uncleared ? unvouched(facts, false) : facts),
    tokenScopes: row.tokenScopes,
    delegation: {
      id: row.id,
      purpose: row.purpose as Purpose,
      actions: row.actions as Action[],
      resources: row.resources,
      expiresAt: row.expiresAt,
      revoked: row.revokedAt !== null,
    },
  };
}
