import { GenesisError, type Label, type PrincipalKind } from '@genesis/contracts';
import { and, eq, gt, isNull, or } from 'drizzle-orm';
import { type Door, platformPrincipal } from '../../door/index.ts';
import { type Clock, type Database, type Ids, isUniqueViolation } from '../../kernel/index.ts';
import { bottom, describeLabel } from '../../policy/index.ts';
import { about } from '../about.ts';
import { account, accountLink, organisation, principal } from '../tables.ts';
import { linkAccount } from './link-account.ts';
import { type Gift, rolesOf } from './mapping.ts';
import { endSessions } from './sessions.ts';
import type { ProviderSettings } from './settings.ts';

/** Who signed in, as the provider vouches for them. */
export type Identity = {
  issuer: string;
  subject: string;
  kind: Extract<PrincipalKind, 'person' | 'service'>;
  /** Only for display: nobody is recognised by it. */
  name: string;
  /** Only where the provider has verified it. */
  verifiedEmail: string | undefined;
};

export type Account = typeof account.$inferSelect;

const dayMs = 86_400_000;
/** Within this time of the last confirmation an unchanged mapping is not entered again. */
const confirmedMs = 3_600_000;

/** `trustedUntil` of an account of which the provider says nothing any more: it is not left twice. */
const left = 0;

const refuse = (message: string): GenesisError => new GenesisError({ code: 'unauthenticated', message });

/** What a mapping gives, in one text: the database keeps the fields in an order of its own. */
const inWords = ({ roles, clearance }: Pick<Account, 'roles' | 'clearance'>): string =>
  [...roles.map(({ role, organisation: where }) => `${role} of ${where}`), describeLabel(clearance)].join();

/** Accounts at providers: who has which, and what the provider's claims give at the moment. */
export function createAccounts(parts: { database: Database; door: Door; clock: Clock; ids: Ids }) {
  const { database, door, clock, ids } = parts;
  const { orm } = database;
  const now = (): number => clock.now().getTime();

  async function find({
    issuer,
    subject,
  }: Pick<Identity, 'issuer' | 'subject'>): Promise<Account | undefined> {
    const [row] = await orm
      .select()
      .from(account)
      .where(and(eq(account.issuer, issuer), eq(account.subject, subject)));
    return row;
  }

  async function organisationNamed(wanted: string): Promise<string> {
    const [row] = await orm
      .select({ id: organisation.id })
      .from(organisation)
      .where(or(eq(organisation.id, wanted), eq(organisation.name, wanted)));
    if (row !== undefined) return row.id;
    throw refuse(
      `You belong to "${wanted}", which is no organisation here yet. Ask an administrator to create it.`,
    );
  }

  /** The link that was named for this identity: by its subject, else by its verified e-mail. */
  async function namedLink({ issuer, subject, verifiedEmail }: Identity) {
    const here = and(eq(accountLink.issuer, issuer), gt(accountLink.expiresAt, now()));
    const [bySubject] = await orm
      .select()
      .from(accountLink)
      .where(and(here, eq(accountLink.subject, subject)));
    if (bySubject !== undefined || verifiedEmail === undefined) return bySubject;
    const [byEmail] = await orm
      .select()
      .from(accountLink)
      .where(and(here, isNull(accountLink.subject), eq(accountLink.email, verifiedEmail.toLowerCase())));
    return byEmail;
  }

  async function link(identity: Identity, home: string): Promise<Account> {
    const link = await namedLink(identity);
    try {
      return await linkAccount({ door, clock, ids }, identity, home, link);
    } catch (error) {
      // A sign-in of the same identity at the same time was faster.
      const found = isUniqueViolation(error) ? await find(identity) : undefined;
      if (found !== undefined) return found;
      throw error;
    }
  }

  async function homeOf({ principal: who }: Account): Promise<string> {
    const [row] = await orm
      .select({ home: principal.organisation })
      .from(principal)
      .where(eq(principal.id, who));
    if (row === undefined) throw new Error(`account of the unknown principal ${who}`);
    return row.home;
  }

  async function map(
    known: Account,
    home: string,
    given: { roles: Account['roles']; clearance: Label },
    trustedUntil: number,
  ): Promise<Account> {
    const { roles, clearance } = given;
    const { result } = await door.perform(
      {
        principal: platformPrincipal,
        action: 'account.map',
        resource: { about: about('principal', known.principal, home) },
        purpose: null,
        handler: 'sign-in',
      },
      async (tx) => {
        const [row] = await tx
          .update(account)
          .set({ roles, clearance, trustedUntil })
          .where(eq(account.id, known.id))
          .returning();
        if (row === undefined) throw refuse('This account was unlinked just now. Begin again.');
        const before = { roles: known.roles, clearance: known.clearance };
        return { result: row, details: { account: known.id, roles, clearance, before, trustedUntil } };
      },
    );
    return result;
  }

  return {
    /**
     * The account of somebody whom a provider vouches for: found, else linked as it was named, else made together with
     * a new principal. What the claims give is applied anew; what they no longer give is taken away.
     *
     * @throws GenesisError `unauthenticated` where the claims give no organisation, or another one than before
     */
    async enter(settings: ProviderSettings, identity: Identity, gift: Gift): Promise<Account> {
      const home = await organisationNamed(gift.organisation);
      const known = (await find(identity)) ?? (await link(identity, home));
      if ((await homeOf(known)) !== home) {
        await this.leave(identity);
        throw refuse(
          `"${settings.title}" says that you belong to another organisation than before. An administrator must unlink your account first.`,
        );
      }
      const roles = rolesOf(gift, home);
      const same = inWords(known) === inWords({ roles, clearance: gift.clearance });
      const trustedUntil = now() + settings.trustDays * dayMs;
      if (same && trustedUntil - known.trustedUntil < confirmedMs && trustedUntil >= known.trustedUntil)
        return known;
      return await map(known, home, { roles, clearance: gift.clearance }, trustedUntil);
    },

    /** The provider no longer says anything that counts of this identity: what it gave is gone, and every session. */
    async leave(identity: Pick<Identity, 'issuer' | 'subject'>): Promise<void> {
      const known = await find(identity);
      if (known === undefined || known.trustedUntil === left) return;
      const home = await homeOf(known);
      await map(known, home, { roles: [], clearance: bottom }, left);
      await endSessions({ door, clock }, known.principal, home);
    },
  };
}
export type Accounts = ReturnType<typeof createAccounts>;
