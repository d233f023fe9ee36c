import { GenesisError } from '@genesis/contracts';
import { sha256Hex } from '@genesis/evidence';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { ReadScope, WriteTx } from '../door/index.ts';
import type { ResourceFacts } from '../policy/index.ts';
import type { Caller, TrackingParts } from './parts.ts';

/** What the caller may read. */
export const scopeOf = ({ door }: TrackingParts, { principal, purpose }: Caller): ReadScope =>
  door.authorize(principal, purpose);

/** Of what the scope shows: under the token of a Genesis run, only what belongs to that run. */
export const within = (scope: ReadScope, caller: Caller, genesisRun: PgColumn): SQL | undefined =>
  and(scope.where, caller.run === null ? sql`true` : eq(genesisRun, caller.run));

export const notFound = (what: string, id: string): GenesisError =>
  new GenesisError({
    code: 'not-found',
    message: `There is no ${what} "${id.slice(0, 100)}" that you may see.`,
  });

/** The same answer for everything that the token of a run does not reach, whether it exists or not. */
export const beyondRun = (what: string): GenesisError =>
  new GenesisError({
    code: 'denied',
    message: `The token of a run does not reach ${what}: it writes and reads tracked runs of its own run only.`,
    decision: {
      effect: 'deny',
      rationaleCode: 'delegation-resource',
      rules: [],
      obligations: [],
      needed: ['use a token of your own'],
    },
  });

export function assertPerson(caller: Caller, what: string): void {
  if (caller.run !== null) throw beyondRun(what);
}

/**
 * What the code of a Genesis run measured is written by that run alone, so that it stays what was measured. People may
 * tag, rename, remove and restore it.
 *
 * @throws GenesisError `denied`
 */
export function assertWriter(caller: Caller, thing: { id: string; genesisRun: string | null }): void {
  if (thing.genesisRun === caller.run) return;
  if (caller.run !== null) throw beyondRun('other runs');
  throw new GenesisError({
    code: 'denied',
    message: `${thing.id} belongs to ${thing.genesisRun}: only the code of that run writes its values. Tags may be set.`,
    decision: {
      effect: 'deny',
      rationaleCode: 'tracked-by-its-run',
      rules: [],
      obligations: [],
      needed: ['make a tracked run of your own'],
    },
  });
}

/** What an entry of the ledger commits to: which thing, and a hash of what was written. */
const detailsOf = (thing: string, written: unknown) => ({
  thing,
  hash: sha256Hex(Buffer.from(JSON.stringify(written) ?? 'null')),
});

/** Writes about something that a row governs: one decision and one entry, however much is written. */
export async function write<T>(
  { door }: TrackingParts,
  { principal, purpose }: Caller,
  place: { governedBy: string; thing: string; written: unknown },
  change: (tx: WriteTx) => Promise<T>,
): Promise<T> {
  const { result } = await door.perform(
    { principal, action: 'tracking.log', resource: place.governedBy, purpose },
    async (tx) => ({ result: await change(tx), details: detailsOf(place.thing, place.written) }),
  );
  return result;
}

/** Enters that things which are not public were shown. */
export const noteRead = async (
  { door }: TrackingParts,
  scope: ReadScope,
  shown: readonly ResourceFacts[],
): Promise<void> => {
  const once = [...new Map(shown.map((facts) => [facts.id, facts])).values()];
  await door.noteUse(scope, 'tracking.read', once);
};

/** Those who take a name wait for each other. */
export const lockName = (tx: WriteTx, ...parts: readonly (string | null)[]) =>
  tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['tracking', ...parts])}, 0))`,
  );
