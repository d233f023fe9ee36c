import { eq, sql } from 'drizzle-orm';
import type { PrincipalDirectory } from '../door/index.ts';
import { unvouched } from '../door/index.ts';
import { type Clock, type Database, freshTogether } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { Authenticator } from './ports.ts';
import { token } from './tables.ts';
import { parseToken, sameHash } from './token.ts';

/** The first of several that recognises a credential. */
export const firstOf = (...authenticators: readonly Authenticator[]): Authenticator => ({
  async authenticate(bearer) {
    for (const one of authenticators) {
      const principal = await one.authenticate(bearer);
      if (principal !== undefined) return principal;
    }
    return undefined;
  },
});

/** Bearer tokens of this instance. Only hashes are stored; expiry and revocation are looked at on every request. */
export function createTokenAuthenticator(
  database: Database,
  directory: PrincipalDirectory,
  clock: Clock,
): Authenticator {
  const tokenById = database.orm
    .select()
    .from(token)
    .where(eq(token.id, sql.placeholder('id')))
    .prepare('token-by-id');

  async function authenticate(bearer: string): Promise<PrincipalFacts | undefined> {
    const presented = parseToken(bearer);
    if (presented === undefined) return undefined;
    const [row] = await tokenById.execute({ id: presented.id });
    if (row === undefined || !sameHash(row.hash, presented.hash)) return undefined;
    if (row.revokedAt !== null || row.expiresAt <= clock.now().getTime()) return undefined;
    const facts = await directory.load(row.principal);
    if (facts === undefined) return undefined;
    const known = row.uncleared ? unvouched(facts, row.founding) : facts;
    return { ...known, tokenScopes: row.scopes };
  }
  // Calls under one token at the same time share a look, which begins after all of them.
  return { authenticate: freshTogether(authenticate) };
}
