import { GenesisError } from '@genesis/contracts';
import { and, eq, gt } from 'drizzle-orm';
import { type Door, platformPrincipal, type WriteTx } from '../../door/index.ts';
import type { Clock, Ids } from '../../kernel/index.ts';
import { bottom } from '../../policy/index.ts';
import { about, principalMustExist } from '../about.ts';
import { noClearance } from '../model.ts';
import { account, accountLink, principal } from '../tables.ts';
import type { Account, Identity } from './accounts.ts';

type NamedLink = typeof accountLink.$inferSelect;

const refuse = (message: string): GenesisError => new GenesisError({ code: 'unauthenticated', message });

/** A name that can stand in a table and that nobody has yet; a provider's people may well share one. */
async function insertPrincipal(
  tx: WriteTx,
  row: Omit<typeof principal.$inferInsert, 'name' | 'clearance'>,
  wanted: string,
): Promise<void> {
  const plain =
    wanted
      .replace(/[\p{Cc}\p{Cf}]/gu, '')
      .trim()
      .slice(0, 80) || row.kind;
  for (const name of [plain, `${plain} (${row.id.slice(-8)})`]) {
    const made = await tx
      .insert(principal)
      .values({ ...row, name, clearance: noClearance })
      .onConflictDoNothing()
      .returning({ id: principal.id });
    if (made.length > 0) return;
  }
  throw new GenesisError({ code: 'conflict', message: `The name "${plain}" is taken. Try again.` });
}

/** Uses the link up; from now on the principal is known by issuer and subject alone. */
async function useLink(tx: WriteTx, link: NamedLink, identity: Identity, home: string, now: number) {
  const used = await tx
    .delete(accountLink)
    .where(and(eq(accountLink.id, link.id), gt(accountLink.expiresAt, now)))
    .returning({ id: accountLink.id });
  if (used.length === 0) throw refuse('This account was linked or unlinked just now. Begin again.');
  const row = await principalMustExist(tx, link.principal);
  if (row.disabled) throw refuse('This account is disabled. Ask an administrator.');
  if (row.kind !== identity.kind || row.organisation !== home) {
    throw refuse(
      `This sign-in is to be linked with a ${row.kind} of another kind or organisation than its provider says. Ask an administrator.`,
    );
  }
}

/** Makes an account: for the principal of the link where there is one, else for a new principal without any right. */
export async function linkAccount(
  { door, clock, ids }: { door: Door; clock: Clock; ids: Ids },
  identity: Identity,
  home: string,
  link: NamedLink | undefined,
): Promise<Account> {
  const { issuer, subject, kind, name } = identity;
  const who = link?.principal ?? ids.next('principal');
  const id = ids.next('account');
  const { result } = await door.perform(
    {
      principal: platformPrincipal,
      action: 'account.link',
      resource: { about: about('principal', who, home) },
      purpose: null,
      handler: 'sign-in',
    },
    async (tx) => {
      const now = clock.now().getTime();
      if (link === undefined) {
        await insertPrincipal(tx, { id: who, kind, organisation: home, createdAt: now }, name);
      } else await useLink(tx, link, identity, home, now);
      const [row] = await tx
        .insert(account)
        .values({
          ...{ id, issuer, subject, principal: who, createdAt: now },
          uncleared: link?.uncleared ?? false,
          roles: [],
          clearance: bottom,
          trustedUntil: now,
        })
        .returning();
      if (row === undefined) throw new Error('the account was not inserted');
      const details = { account: id, issuer, subject, created: link === undefined, link: link?.id ?? null };
      return { result: row, details };
    },
  );
  return result;
}
