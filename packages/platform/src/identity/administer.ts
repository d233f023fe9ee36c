import { GenesisError, invalidField, type Label, type Role } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import { type Door, type PrincipalDirectory, revokeDelegation, type WriteTx } from '../door/index.ts';
import { type Clock, type Ids, isUniqueViolation } from '../kernel/index.ts';
import { type PrincipalFacts, platformOrganisation } from '../policy/index.ts';
import { about, isSteward, organisationMustExist, principalMustExist } from './about.ts';
import { type NewOrganisation, type NewPrincipal, type NewToken, noClearance } from './model.ts';
import { organisation, principal, roleBinding, token } from './tables.ts';
import { makeToken } from './token.ts';

type Parts = { door: Door; directory: PrincipalDirectory; clock: Clock; ids: Ids };

export function createAdministration({ door, directory, clock, ids }: Parts) {
  /** The organisation of a principal; of an unknown one the platform, so that only its administrators learn that. */
  const homeOf = async (by: PrincipalFacts, who: string): Promise<string | null> =>
    who === by.id ? by.organisation : ((await directory.load(who))?.organisation ?? null);

  const now = (): number => clock.now().getTime();

  return {
    async createOrganisation(
      by: PrincipalFacts,
      { name, kind }: NewOrganisation,
    ): Promise<{ id: string; name: string }> {
      const id = ids.next('organisation');
      const { result } = await door.perform(
        {
          principal: by,
          action: 'organisation.create',
          resource: { about: about('organisation', id, null) },
          purpose: null,
        },
        async (tx) => {
          await unique('name', tx.insert(organisation).values({ id, name, kind, createdAt: now() }));
          return { result: { id, name }, details: { name, kind } };
        },
      );
      return result;
    },

    async createPrincipal(by: PrincipalFacts, wanted: NewPrincipal): Promise<{ id: string; name: string }> {
      const id = ids.next('principal');
      const { result } = await door.perform(
        {
          principal: by,
          action: 'principal.create',
          resource: { about: about('principal', id, wanted.organisation) },
          purpose: null,
        },
        async (tx) => {
          await organisationMustExist(tx, wanted.organisation);
          await unique(
            'name',
            tx.insert(principal).values({ id, ...wanted, clearance: noClearance, createdAt: now() }),
          );
          return { result: { id, name: wanted.name }, details: { kind: wanted.kind, name: wanted.name } };
        },
      );
      return result;
    },

    async grantRole(
      by: PrincipalFacts,
      to: string,
      wanted: { organisation: string; role: Role; expiresAt?: string | undefined },
    ): Promise<void> {
      await door.perform(
        {
          principal: by,
          action: 'principal.grant-role',
          resource: { about: about('principal', to, wanted.organisation) },
          purpose: null,
        },
        async (tx) => {
          await principalMustExist(tx, to);
          if (wanted.organisation !== platformOrganisation)
            await organisationMustExist(tx, wanted.organisation);
          const expiresAt = wanted.expiresAt === undefined ? null : Date.parse(wanted.expiresAt);
          const binding = { principal: to, organisation: wanted.organisation, role: wanted.role, expiresAt };
          await tx
            .insert(roleBinding)
            .values(binding)
            .onConflictDoUpdate({
              target: [roleBinding.principal, roleBinding.organisation, roleBinding.role],
              set: { expiresAt },
            });
          return {
            result: undefined,
            details: { role: wanted.role, organisation: wanted.organisation, expiresAt },
          };
        },
      );
    },

    /** Sets what a member may read. A steward of the member's organisation does it, and never for themselves. */
    async clear(by: PrincipalFacts, who: string, home: string, clearance: Label): Promise<void> {
      await door.perform(
        {
          principal: by,
          action: 'principal.clear',
          resource: { about: about('principal', who, home, clearance) },
          purpose: null,
        },
        async (tx) => {
          const row = await principalMustExist(tx, who);
          if (row.organisation !== home)
            throw invalidField('principal', 'it belongs to another organisation');
          await tx.update(principal).set({ clearance, clearedBySteward: true }).where(eq(principal.id, who));
          return { result: undefined, details: { clearance, before: row.clearance } };
        },
      );
    },

    /** Makes a bearer token and returns its secret, which is shown once and never stored. */
    async createToken(
      by: PrincipalFacts,
      who: string,
      wanted: NewToken,
    ): Promise<{ id: string; secret: string; expiresAt: string }> {
      const beyond = wanted.scopes.find((scope) => !covered(by.tokenScopes, scope));
      if (beyond !== undefined) {
        throw invalidField(
          'scopes',
          `"${beyond}" is more than your own token may do (${by.tokenScopes.join(', ')})`,
        );
      }
      const id = ids.next('token');
      const made = makeToken(id);
      const expiresAt = now() + wanted.days * 86_400_000;
      const home = await homeOf(by, who);
      await door.perform(
        {
          principal: by,
          action: 'token.create',
          resource: { about: about('principal', who, home) },
          purpose: null,
        },
        async (tx) => {
          await principalMustExist(tx, who);
          const uncleared = who === by.id ? by.uncleared === true : !isSteward(by, home, now());
          const founding =
            uncleared &&
            home !== null &&
            (who === by.id ? isSteward(by, home, now()) : await foundsAnew(tx, who, home));
          const row = { id, principal: who, name: wanted.name, hash: made.hash, scopes: wanted.scopes };
          await tx.insert(token).values({ ...row, uncleared, founding, createdAt: now(), expiresAt });
          return { result: undefined, details: { token: id, scopes: wanted.scopes, expiresAt } };
        },
      );
      return { id, secret: made.secret, expiresAt: new Date(expiresAt).toISOString() };
    },

    /** Ends what the platform may do by itself for somebody: the work stops before its next effect. */
    async revokeDelegation(by: PrincipalFacts, id: string): Promise<void> {
      await door.perform(
        {
          principal: by,
          action: 'delegation.revoke',
          resource: { about: about('delegation', id, by.organisation) },
          purpose: null,
        },
        async (tx) => {
          const whose = await revokeDelegation(tx, { clock }, id);
          const home = whose === undefined ? undefined : (await directory.load(whose))?.organisation;
          if (home !== by.organisation) {
            throw new GenesisError({
              code: 'not-found',
              message: 'Your organisation has no delegation with this id.',
            });
          }
          return { result: undefined, details: { delegation: id } };
        },
      );
    },

    async revokeToken(by: PrincipalFacts, who: string, id: string): Promise<void> {
      const home = await homeOf(by, who);
      await door.perform(
        {
          principal: by,
          action: 'token.revoke',
          resource: { about: about('principal', who, home) },
          purpose: null,
        },
        async (tx) => {
          const changed = await tx
            .update(token)
            .set({ revokedAt: now() })
            .where(and(eq(token.id, id), eq(token.principal, who)))
            .returning({ id: token.id });
          if (changed.length === 0) {
            throw new GenesisError({
              code: 'not-found',
              message: 'This principal has no token with this id.',
            });
          }
          return { result: undefined, details: { token: id } };
        },
      );
    },
  };
}
export type Administration = ReturnType<typeof createAdministration>;

/** Whether this is the first token of the only steward that the organisation has. */
async function foundsAnew(tx: WriteTx, who: string, home: string): Promise<boolean> {
  const stewards = await tx
    .select({ principal: roleBinding.principal })
    .from(roleBinding)
    .where(and(eq(roleBinding.organisation, home), eq(roleBinding.role, 'steward')))
    .for('update');
  const [earlier] = await tx.select({ id: token.id }).from(token).where(eq(token.principal, who)).limit(1);
  return stewards.length === 1 && stewards[0]?.principal === who && earlier === undefined;
}

/** Whether scopes give a scope: a token never makes a stronger one. */
const covered = (own: readonly string[], wanted: string): boolean =>
  own.some((scope) => scope === '*' || scope === wanted || scope === `${wanted.split('.')[0]}.*`);

async function unique(field: string, insert: PromiseLike<unknown>): Promise<void> {
  try {
    await insert;
  } catch (error) {
    if (isUniqueViolation(error)) {
      throw new GenesisError(
        { code: 'conflict', message: `${field}: this name is taken already.` },
        { cause: error },
      );
    }
    throw error;
  }
}
