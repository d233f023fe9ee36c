import { GenesisError } from '@genesis/contracts';
import { and, eq, gt, lt, lte, sql } from 'drizzle-orm';
import type { Clock, Database, Ids, Keyring } from '../../kernel/index.ts';
import { signInAttempt } from '../tables.ts';
import { hashOf } from '../token.ts';

/** So many sign-ins may be under way; who has no account yet can begin one, so their number has a limit. */
const mostAttempts = 10_000;

type Kind = 'browser' | 'device';
export type NewAttempt<Kept> = {
  kind: Kind;
  provider: string;
  /** What whoever began must present. */
  secret: string;
  kept: Kept;
  lifetimeSeconds: number;
  intervalSeconds?: number;
};

/**
 * Sign-ins under way. What they keep is encrypted; what is presented is compared by its hash; each is taken once. They
 * pass no door: nobody is anybody yet, and nothing comes of them but a decided `session.create`.
 */
export function createAttempts(parts: { database: Database; clock: Clock; ids: Ids; keyring: Keyring }) {
  const { database, clock, ids, keyring } = parts;
  const { orm } = database;
  const now = (): number => clock.now().getTime();
  const open = <Kept>({ id, sealed }: { id: string; sealed: string }): Kept =>
    JSON.parse(keyring.unwrap(sealed, id).toString('utf8')) as Kept;
  const thisOne = (kind: Kind, provider: string, id: string, secret: string) =>
    and(
      eq(signInAttempt.id, id),
      eq(signInAttempt.kind, kind),
      eq(signInAttempt.provider, provider),
      eq(signInAttempt.secretHash, hashOf(secret)),
      gt(signInAttempt.expiresAt, now()),
    );

  return {
    async begin<Kept>(wanted: NewAttempt<Kept>): Promise<string> {
      const id = ids.next('signIn');
      await orm.delete(signInAttempt).where(lte(signInAttempt.expiresAt, now()));
      const [count] = await orm.select({ all: sql<number>`count(*)::int` }).from(signInAttempt);
      if ((count?.all ?? 0) >= mostAttempts) {
        const message = 'Too many sign-ins are under way. Try again in some minutes.';
        throw new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 60 });
      }
      const { kind, provider, secret, kept, lifetimeSeconds, intervalSeconds = 0 } = wanted;
      await orm.insert(signInAttempt).values({
        ...{ id, kind, provider, intervalSeconds, secretHash: hashOf(secret) },
        sealed: keyring.wrap(Buffer.from(JSON.stringify(kept)), id),
        expiresAt: now() + lifetimeSeconds * 1000,
        nextPollAt: now() + intervalSeconds * 1000,
      });
      return id;
    },

    /** What was kept, for the first who asks with the secret; undefined for everybody else and ever after. */
    async take<Kept>(kind: Kind, provider: string, id: string, secret: string): Promise<Kept | undefined> {
      const [row] = await orm
        .delete(signInAttempt)
        .where(thisOne(kind, provider, id, secret))
        .returning();
      return row === undefined ? undefined : open<Kept>(row);
    },

    /**
     * What was kept, when it is time to ask the provider again; `wait` before that, whoever asks at the same time
     * included; undefined where there is no such attempt.
     */
    async poll<Kept>(provider: string, id: string, secret: string): Promise<Kept | 'wait' | undefined> {
      const mine = thisOne('device', provider, id, secret);
      const [due] = await orm
        .update(signInAttempt)
        .set({ nextPollAt: sql`${now()}::bigint + ${signInAttempt.intervalSeconds} * 1000` })
        .where(and(mine, lte(signInAttempt.nextPollAt, now())))
        .returning();
      if (due !== undefined) return open<Kept>(due);
      const [row] = await orm.select({ id: signInAttempt.id }).from(signInAttempt).where(mine);
      return row === undefined ? undefined : 'wait';
    },

    /** The provider asked to be asked less often. */
    async slowDown(id: string): Promise<void> {
      await orm
        .update(signInAttempt)
        .set({
          intervalSeconds: sql`${signInAttempt.intervalSeconds} + 5`,
          nextPollAt: sql`${signInAttempt.nextPollAt} + 5000`,
        })
        .where(and(eq(signInAttempt.id, id), lt(signInAttempt.intervalSeconds, 120)));
    },

    async forget(id: string): Promise<void> {
      await orm.delete(signInAttempt).where(eq(signInAttempt.id, id));
    },
  };
}
export type Attempts = ReturnType<typeof createAttempts>;
