import { type Action, GenesisError } from '@genesis/contracts';
import { and, eq, isNull } from 'drizzle-orm';
import { makeToken, parseToken, sameHash } from '../identity/index.ts';
import type { Database } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { Caller, TrackingParts } from './parts.ts';
import { trackedRun, trackingToken } from './tables.ts';

/** What the code of a run may do with its token, and nothing else. */
const codeActions: readonly Action[] = ['tracking.read', 'tracking.log', 'run.read'];

/** A run as tracking has to know it: the delegation under which its work is done bounds what its token can do. */
export type RunToTrack = { id: string; governedBy: string; delegation: string };

export interface RunTokens {
  /**
   * A fresh token for the code of a run; tokens that it had before end. Its secret is told here and never again.
   * `tracked` is the tracked run that an earlier attempt began, where there is just one: this attempt goes on with it.
   */
  issue(
    run: RunToTrack,
    lifetimeMs: number,
  ): Promise<{ token: string; expiresAt: number; tracked: string | null }>;
  /** Ends the tokens of a run. Ending them again does nothing. */
  revoke(run: RunToTrack): Promise<void>;
  /** Who calls with this token; undefined where it is malformed, unknown, expired or revoked, or the run's authority has ended. */
  authenticate(bearer: string): Promise<Caller | undefined>;
}

type Parts = Pick<TrackingParts, 'door' | 'clock' | 'ids'> & {
  database: Database;
  actUnder: (delegation: string) => Promise<PrincipalFacts>;
};

const isOver = (error: unknown): boolean =>
  error instanceof GenesisError && ['denied', 'unauthenticated', 'not-found'].includes(error.failure.code);

/** Tokens for the code of runs. Only hashes are stored; the rights behind them are read anew at each call. */
export function createRunTokens(parts: Parts): RunTokens {
  const { database, door, clock, ids, actUnder } = parts;

  async function revoke(run: RunToTrack): Promise<void> {
    const principal = await actUnder(run.delegation);
    const purpose = principal.delegation?.purpose ?? null;
    await door.perform(
      { principal, action: 'tracking.log', resource: run.governedBy, purpose },
      async (tx) => {
        const revokedAt = clock.now().getTime();
        await tx
          .update(trackingToken)
          .set({ revokedAt })
          .where(and(eq(trackingToken.run, run.id), isNull(trackingToken.revokedAt)));
        return { result: undefined, details: { run: run.id, tokens: 'ended' } };
      },
    );
  }

  return {
    async issue(run, lifetimeMs) {
      const principal = await actUnder(run.delegation);
      const purpose = principal.delegation?.purpose ?? null;
      const id = ids.next('trackingToken');
      const { secret, hash } = makeToken(id);
      const now = clock.now().getTime();
      const expiresAt = now + lifetimeMs;
      await door.perform(
        { principal, action: 'tracking.log', resource: run.governedBy, purpose },
        async (tx) => {
          await tx
            .update(trackingToken)
            .set({ revokedAt: now })
            .where(and(eq(trackingToken.run, run.id), isNull(trackingToken.revokedAt)));
          await tx
            .insert(trackingToken)
            .values({ id, run: run.id, delegation: run.delegation, hash, createdAt: now, expiresAt });
          return { result: undefined, details: { run: run.id, token: id, expiresAt } };
        },
      );
      const begun = await database.orm
        .select({ id: trackedRun.id })
        .from(trackedRun)
        .where(and(eq(trackedRun.genesisRun, run.id), eq(trackedRun.lifecycle, 'active')))
        .limit(2);
      return { token: secret, expiresAt, tracked: begun.length === 1 ? begun[0]!.id : null };
    },
    async revoke(run) {
      await revoke(run).catch((error: unknown) => {
        // Without the authority behind it the token is good for nothing already.
        if (!isOver(error)) throw error;
      });
    },
    async authenticate(bearer) {
      const presented = parseToken(bearer);
      if (presented === undefined) return undefined;
      const [row] = await database.orm.select().from(trackingToken).where(eq(trackingToken.id, presented.id));
      if (row === undefined || !sameHash(row.hash, presented.hash)) return undefined;
      if (row.revokedAt !== null || row.expiresAt <= clock.now().getTime()) return undefined;
      const principal = await actUnder(row.delegation).catch((error: unknown) => {
        if (isOver(error)) return undefined;
        throw error;
      });
      const { delegation } = principal ?? {};
      if (principal === undefined || delegation === undefined) return undefined;
      if (delegation.revoked || delegation.expiresAt <= clock.now().getTime()) return undefined;
      const narrowed = {
        ...delegation,
        actions: delegation.actions.filter((action) => codeActions.includes(action)),
        resources: [row.run],
      };
      return { principal: { ...principal, delegation: narrowed }, purpose: delegation.purpose, run: row.run };
    },
  };
}
