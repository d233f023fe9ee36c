import { GenesisError, impliedPurposes, type Purpose } from '@genesis/contracts';
import { and, eq, inArray } from 'drizzle-orm';
import type { Tx } from '../../kernel/index.ts';
import { type AgreementRow, stateOf, versionOf } from '../agreements/agreement-state.ts';
import type { Terms } from '../model.ts';
import type { AccessParts } from '../parts.ts';
import { agreement, agreementLink } from '../tables.ts';

/** What a grant is to rest on an agreement for. */
export type Wanted = {
  dataset: string;
  /** The owner of the dataset. */
  organisation: string;
  purposes: readonly Purpose[];
  /** Principals, projects or organisations. */
  holders: readonly string[];
};

/**
 * The agreement that is to stand behind a grant, locked, if it is in force and covers all of it. Members of a project are
 * not looked at: what a grant opens to each of them is decided at every use.
 *
 * @throws GenesisError `invalid-input` naming what it does not cover
 */
export async function assertCovers(
  { directory }: Pick<AccessParts, 'directory'>,
  tx: Tx,
  id: string,
  { dataset, organisation, purposes, holders }: Wanted,
  at: number,
): Promise<{ row: AgreementRow; terms: Terms }> {
  const wrong = (message: string): GenesisError =>
    new GenesisError({
      code: 'invalid-input',
      message: `agreement: ${message}`,
      problems: [{ field: 'agreement', message }],
    });
  const [row] = await tx.select().from(agreement).where(eq(agreement.id, id)).for('share');
  if (row === undefined || row.inForce === null) throw wrong('no agreement in force has this id');
  const { terms } = await versionOf(tx, id, row.inForce);
  // Whoever owns the data learns of an agreement only where it is a party.
  if (!terms.parties.some((party) => party.organisation === organisation))
    throw wrong('no agreement in force has this id');
  const state = stateOf(row, at);
  if (state !== 'active') throw wrong(`it is ${state}: a grant rests on an agreement that is active`);
  if (!row.datasets.includes(dataset))
    throw wrong(`it does not cover the dataset ${dataset}: amend it first`);
  const allowed = impliedPurposes(row.purposes);
  const beyond = purposes.filter((purpose) => !allowed.includes(purpose));
  if (beyond.length > 0) throw wrong(`it does not cover the purpose ${beyond.join(', ')}`);
  const named = holders.filter((holder) => !holder.startsWith('prj_'));
  const homes = new Map<string, string | undefined>();
  for (const holder of named)
    homes.set(holder, holder.startsWith('org_') ? holder : (await directory.load(holder))?.organisation);
  const subjects = [...named, ...[...homes.values()].flatMap((home) => home ?? [])];
  const links =
    subjects.length === 0
      ? []
      : await tx
          .select()
          .from(agreementLink)
          .where(
            and(
              eq(agreementLink.agreement, id),
              eq(agreementLink.version, row.inForce),
              inArray(agreementLink.subject, subjects),
            ),
          );
  const covered = (holder: string): boolean =>
    links.some(
      ({ subject, role }) =>
        (role === 'covered' && subject === holder) || (role === 'everybody' && subject === homes.get(holder)),
    );
  const outside = named.filter((holder) => !covered(holder));
  if (outside.length > 0)
    throw wrong(`it does not cover ${outside.join(', ')}: add them by genesis agreement amend`);
  return { row, terms };
}
