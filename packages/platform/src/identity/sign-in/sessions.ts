import { GenesisError } from '@genesis/contracts';
import { and, desc, eq, gt, isNull, lt } from 'drizzle-orm';
import { type Door, type PrincipalDirectory, platformPrincipal, unvouched } from '../../door/index.ts';
import type { Clock, Database, Ids } from '../../kernel/index.ts';
import { type PrincipalFacts, platformOrganisation } from '../../policy/index.ts';
import { about, principalMustExist } from '../about.ts';
import { account, principal, session } from '../tables.ts';
import { makeToken, parseToken, sameHash } from '../token.ts';
import type { Account } from './accounts.ts';

export type SessionKind = 'browser' | 'command-line';
export type SessionLimits = { idleMinutes: number; absoluteHours: number };
/** Times in milliseconds since the epoch. `endsAt` is the absolute limit. */
export type SessionView = {
  id: string;
  kind: string;
  agent: string;
  createdAt: number;
  lastSeenAt: number;
  endsAt: number;
};

/** A use is noted when the last one that was is so old, so that not every request writes. */
const noteEveryMs = 30_000;
/** Ended sessions are kept for so long. */
const rememberedMs = 30 * 86_400_000;

const missing = (): GenesisError =>
  new GenesisError({ code: 'not-found', message: 'You have no session with this id.' });

/** Ends every session of a principal, as the sign-in found it right. */
export async function endSessions(
  { door, clock }: { door: Door; clock: Clock },
  who: string,
  home: string,
): Promise<void> {
  await door.perform(
    {
      principal: platformPrincipal,
      action: 'session.end',
      resource: { about: about('principal', who, home) },
      purpose: null,
      handler: 'sign-in',
    },
    async (tx) => {
      const ended = await tx
        .update(session)
        .set({ endedAt: clock.now().getTime() })
        .where(and(eq(session.principal, who), isNull(session.endedAt)))
        .returning({ id: session.id });
      return { result: undefined, details: { sessions: ended.map(({ id }) => id) } };
    },
  );
}

/**
 * Sessions of people who signed in. A session lives until its idle or its absolute limit, until it is ended, and no
 * longer than its account is linked and its principal enabled; all of that is looked at on every request.
 */
export function createSessions(parts: {
  database: Database;
  door: Door;
  directory: PrincipalDirectory;
  clock: Clock;
  ids: Ids;
  limits: SessionLimits;
}) {
  const { database, door, directory, clock, ids, limits } = parts;
  const { orm } = database;
  const now = (): number => clock.now().getTime();
  const idleMs = limits.idleMinutes * 60_000;

  async function factsUnder(
    known: Pick<Account, 'principal' | 'uncleared'>,
  ): Promise<PrincipalFacts | undefined> {
    const facts = await directory.load(known.principal);
    if (facts === undefined) return undefined;
    return { ...(known.uncleared ? unvouched(facts, false) : facts), tokenScopes: ['*'] };
  }

  const living = () =>
    and(isNull(session.endedAt), gt(session.expiresAt, now()), gt(session.lastSeenAt, now() - idleMs));

  /** The living session of a secret, with its account. */
  async function find(secret: string) {
    const presented = parseToken(secret);
    if (presented === undefined) return undefined;
    const [row] = await orm
      .select({ session, account })
      .from(session)
      .innerJoin(account, eq(account.id, session.account))
      .where(and(eq(session.id, presented.id), living()));
    return row !== undefined && sameHash(row.session.hash, presented.hash) ? row : undefined;
  }

  return {
    /** Begins a session and returns its secret, which is never stored. */
    async begin(
      known: Account,
      kind: SessionKind,
      agent: string,
    ): Promise<{ id: string; secret: string; endsAt: number; name: string }> {
      const disabled = (): GenesisError =>
        new GenesisError({
          code: 'unauthenticated',
          message: 'This account is disabled. Ask an administrator.',
        });
      const facts = await factsUnder(known);
      if (facts === undefined) throw disabled();
      const id = ids.next('session');
      const made = makeToken(id);
      const endsAt = now() + limits.absoluteHours * 3_600_000;
      const { result: name } = await door.perform(
        {
          principal: facts,
          action: 'session.create',
          resource: { about: about('principal', facts.id, facts.organisation) },
          purpose: null,
          handler: 'sign-in',
        },
        async (tx) => {
          const row = await principalMustExist(tx, facts.id);
          if (row.disabled) throw disabled();
          await tx
            .delete(session)
            .where(and(eq(session.principal, facts.id), lt(session.expiresAt, now() - rememberedMs)));
          await tx.insert(session).values({
            ...{ id, principal: facts.id, account: known.id, kind, hash: made.hash },
            agent: agent.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 200),
            createdAt: now(),
            lastSeenAt: now(),
            expiresAt: endsAt,
          });
          return { result: row.name, details: { session: id, account: known.id, kind, endsAt } };
        },
      );
      return { id, secret: made.secret, endsAt, name };
    },

    async authenticate(secret: string): Promise<PrincipalFacts | undefined> {
      const found = await find(secret);
      if (found === undefined) return undefined;
      if (now() - found.session.lastSeenAt >= noteEveryMs)
        await orm.update(session).set({ lastSeenAt: now() }).where(eq(session.id, found.session.id));
      return await factsUnder(found.account);
    },

    /** Id of the session, and the issuer that signed its owner in; undefined for what is no living session. */
    async describe(secret: string): Promise<{ id: string; issuer: string } | undefined> {
      const found = await find(secret);
      return found && { id: found.session.id, issuer: found.account.issuer };
    },

    /** Living sessions, the newest first. */
    async list(who: string): Promise<SessionView[]> {
      const rows = await orm
        .select()
        .from(session)
        .where(and(eq(session.principal, who), living()))
        .orderBy(desc(session.createdAt))
        .limit(100);
      return rows.map(({ id, kind, agent, createdAt, lastSeenAt, expiresAt }) => ({
        ...{ id, kind, agent, createdAt, lastSeenAt },
        endsAt: expiresAt,
      }));
    },

    /** Sessions of somebody else; for oneself it leaves no trace. */
    async listOf(by: PrincipalFacts, who: string): Promise<SessionView[]> {
      if (who === by.id) return await this.list(who);
      await door.perform(
        {
          principal: by,
          action: 'session.read',
          resource: { about: about('principal', who, (await directory.load(who))?.organisation ?? null) },
          purpose: null,
        },
        async () => ({ result: undefined, details: {} }),
      );
      return await this.list(who);
    },

    /**
     * Ends a session: one's own, or as an administrator that of a member. Of others' sessions nobody learns whether
     * they exist.
     */
    async end(by: PrincipalFacts, id: string): Promise<void> {
      const [row] = await orm
        .select({ whose: session.principal, home: principal.organisation })
        .from(session)
        .innerJoin(principal, eq(principal.id, session.principal))
        .where(eq(session.id, id));
      const own = row?.whose === by.id;
      const everywhere = by.roles.some(
        ({ role, organisation }) => role === 'administrator' && organisation === platformOrganisation,
      );
      const reachable = row !== undefined && (own || everywhere || row.home === by.organisation);
      await door.perform(
        {
          principal: by,
          action: 'session.end',
          resource: { about: about(own ? 'principal' : 'session', own ? by.id : id, by.organisation) },
          purpose: null,
        },
        async (tx) => {
          const mine = and(eq(session.id, id), isNull(session.endedAt));
          const ended = reachable
            ? await tx.update(session).set({ endedAt: now() }).where(mine).returning({ id: session.id })
            : [];
          if (ended.length === 0) throw missing();
          return { result: undefined, details: { session: id } };
        },
      );
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;
