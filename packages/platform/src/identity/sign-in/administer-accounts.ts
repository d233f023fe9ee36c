import { GenesisError, invalidField } from '@genesis/contracts';
import { eq, lte } from 'drizzle-orm';
import type { Door, WriteTx } from '../../door/index.ts';
import { type Clock, type Database, type Ids, isUniqueViolation } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { about, isSteward, principalMustExist } from '../about.ts';
import { account, accountLink, principal, session } from '../tables.ts';
import type { ProviderSettings } from './settings.ts';

/** How long a named link waits for its sign-in. */
const linkDays = 30;

export type WantedLink = { provider: string; subject?: string | undefined; email?: string | undefined };

async function insertLink(tx: WriteTx, row: typeof accountLink.$inferInsert): Promise<void> {
  try {
    await tx.insert(accountLink).values(row);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const message = 'This identity or this principal waits for a link already. Remove that one first.';
    throw new GenesisError({ code: 'conflict', message }, { cause: error });
  }
}

/** What administrators, and stewards for their members, do with accounts at providers. */
export function createAccountAdministration(parts: {
  database: Database;
  door: Door;
  clock: Clock;
  ids: Ids;
  providers: readonly ProviderSettings[];
}) {
  const { database, door, clock, ids, providers } = parts;
  const now = (): number => clock.now().getTime();
  /** Of disabled ones too; of an unknown one the platform, so that only its administrators learn that. */
  async function homeOf(who: string): Promise<string | null> {
    const [row] = await database.orm
      .select({ home: principal.organisation })
      .from(principal)
      .where(eq(principal.id, who));
    return row?.home ?? null;
  }
  const ended = (tx: WriteTx, who: string) =>
    tx.update(session).set({ endedAt: now() }).where(eq(session.principal, who));

  return {
    /**
     * Names whom an existing principal is at a provider, by subject or by an e-mail that the provider must have
     * verified. The next sign-in of that identity links it, once. Unless a steward of the organisation names it, the
     * link carries no clearance: who names links must get nothing by naming themselves.
     */
    async nameLink(
      by: PrincipalFacts,
      who: string,
      wanted: WantedLink,
    ): Promise<{ id: string; expiresAt: string }> {
      const provider = providers.find(({ name }) => name === wanted.provider);
      if (provider === undefined) {
        const known = providers.map(({ name }) => name).join(', ') || 'none';
        throw invalidField('provider', `there is no provider of this name; there are: ${known}`);
      }
      const { subject, email } = wanted;
      if ((subject === undefined) === (email === undefined))
        throw invalidField('subject', 'give either the subject or the e-mail');
      const home = await homeOf(who);
      const id = ids.next('accountLink');
      const expiresAt = now() + linkDays * 86_400_000;
      await door.perform(
        {
          principal: by,
          action: 'account.link',
          resource: { about: about('principal', who, home) },
          purpose: null,
        },
        async (tx) => {
          await principalMustExist(tx, who);
          const [existing] = await tx.select().from(account).where(eq(account.principal, who));
          if (existing !== undefined) {
            const message = 'This principal has an account already. Unlink that one first.';
            throw new GenesisError({ code: 'conflict', message });
          }
          await tx.delete(accountLink).where(lte(accountLink.expiresAt, now()));
          await insertLink(tx, {
            ...{ id, principal: who, issuer: provider.issuer, expiresAt },
            subject: subject ?? null,
            email: email?.toLowerCase() ?? null,
            uncleared: by.uncleared === true || !isSteward(by, home, now()),
          });
          return {
            result: undefined,
            details: { link: id, provider: provider.name, subject: subject ?? null, email: email ?? null },
          };
        },
      );
      return { id, expiresAt: new Date(expiresAt).toISOString() };
    },

    /** Takes account, named link and sessions away. The principal stays, with what was bound locally. */
    async unlink(by: PrincipalFacts, who: string): Promise<void> {
      const home = await homeOf(who);
      await door.perform(
        {
          principal: by,
          action: 'account.unlink',
          resource: { about: about('principal', who, home) },
          purpose: null,
        },
        async (tx) => {
          await principalMustExist(tx, who);
          const links = await tx.delete(accountLink).where(eq(accountLink.principal, who)).returning();
          const accounts = await tx.delete(account).where(eq(account.principal, who)).returning();
          if (links.length + accounts.length === 0) {
            const message = 'This principal has no account and no named link.';
            throw new GenesisError({ code: 'not-found', message });
          }
          await ended(tx, who);
          return {
            result: undefined,
            details: { account: accounts[0]?.id ?? null, link: links[0]?.id ?? null },
          };
        },
      );
    },

    /** Shuts a principal out, or lets it in again. Sessions end for good; tokens and delegations stand still. */
    async disable(by: PrincipalFacts, who: string, disabled: boolean): Promise<void> {
      const home = await homeOf(who);
      await door.perform(
        {
          principal: by,
          action: 'principal.disable',
          resource: { about: about('principal', who, home) },
          purpose: null,
        },
        async (tx) => {
          await principalMustExist(tx, who);
          await tx.update(principal).set({ disabled }).where(eq(principal.id, who));
          if (disabled) await ended(tx, who);
          return { result: undefined, details: { disabled } };
        },
      );
    },
  };
}
export type AccountAdministration = ReturnType<typeof createAccountAdministration>;
