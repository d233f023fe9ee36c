import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Clock, Database, Ids } from '../kernel/index.ts';
import { appendEntry } from '../ledger/index.ts';
import { platformOrganisation } from '../policy/index.ts';
import { noClearance } from './model.ts';
import { organisation, principal, roleBinding, token } from './tables.ts';
import { makeToken } from './token.ts';

/** Days for which the first administrator's token is valid: long enough to make a better one. */
const firstTokenDays = 90;

/**
 * On the very first start: makes the first organisation and an administrator of the platform, and writes the token to
 * `admin.token` (mode 0600) in the data folder. The administrator has no clearance. The only write that passes no
 * decision, because nobody exists yet who could ask; its ledger entry says so.
 *
 * The file is complete before the transaction commits: a crash in between leaves a token without effect, and the next
 * start begins again.
 */
export async function bootstrap(
  parts: { database: Database; clock: Clock; ids: Ids },
  options: { dataFolder: string; organisationName: string },
): Promise<{ tokenFile: string; created: boolean }> {
  const { database, clock, ids } = parts;
  const tokenFile = join(options.dataFolder, 'admin.token');
  const created = await database.transaction(async (tx) => {
    await tx.execute(sql`lock table principal in exclusive mode`);
    const { rows } = await tx.execute(sql`select 1 from principal limit 1`);
    if (rows.length > 0) return false;
    const now = clock.now().getTime();
    const home = ids.next('organisation');
    const admin = ids.next('principal');
    const tokenId = ids.next('token');
    const made = makeToken(tokenId);
    await tx.insert(organisation).values({ id: home, name: options.organisationName, createdAt: now });
    await tx.insert(principal).values({
      id: admin,
      kind: 'person',
      name: 'administrator',
      organisation: home,
      clearance: noClearance,
      createdAt: now,
    });
    await tx.insert(roleBinding).values({
      principal: admin,
      organisation: platformOrganisation,
      role: 'administrator',
      expiresAt: null,
    });
    await tx.insert(token).values({
      id: tokenId,
      principal: admin,
      name: 'first start',
      hash: made.hash,
      scopes: ['*'],
      uncleared: true,
      createdAt: now,
      expiresAt: now + firstTokenDays * 86_400_000,
    });
    await appendEntry(tx, ids, {
      at: now,
      actor: admin,
      action: 'platform.bootstrap',
      resource: home,
      decision: { effect: 'allow', rationaleCode: 'first-start' },
      details: { organisation: home, administrator: admin },
    });
    await writePrivate(tokenFile, `${made.secret}\n`);
    return true;
  });
  return { tokenFile, created };
}

async function writePrivate(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
