import { GenesisError, invalidField, type Label } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import type { WriteTx } from '../door/index.ts';
import { type PrincipalFacts, type ResourceFacts, unrestricted } from '../policy/index.ts';
import { noClearance } from './model.ts';
import { organisation, principal } from './tables.ts';

/** Facts about people and organisations: they have no row among governed data. */
export const about = (
  kind: string,
  id: string,
  owner: string | null,
  label: Label = noClearance,
): ResourceFacts => ({
  kind,
  id,
  organisation: owner,
  label,
  conditions: unrestricted,
});

export async function organisationMustExist(tx: WriteTx, id: string): Promise<void> {
  const [found] = await tx.select().from(organisation).where(eq(organisation.id, id));
  if (found === undefined) throw invalidField('organisation', 'there is no organisation with this id');
}

/** The row of a principal, locked until the transaction ends. */
export async function principalMustExist(tx: WriteTx, id: string) {
  const [row] = await tx.select().from(principal).where(eq(principal.id, id)).for('update');
  if (row === undefined)
    throw new GenesisError({ code: 'not-found', message: 'There is no principal with this id.' });
  return row;
}

/** Whether a principal may vouch for the clearance of a member by issuing a token or naming an account. */
export const isSteward = (by: PrincipalFacts, home: string | null, at: number): boolean =>
  by.roles.some(
    ({ organisation: where, role, expiresAt }) =>
      role === 'steward' && where === home && (expiresAt === undefined || at < expiresAt),
  );
