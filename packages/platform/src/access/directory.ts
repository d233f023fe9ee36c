import { impliedPurposes } from '@genesis/contracts';
import { and, eq, inArray, or, sql } from 'drizzle-orm';
import type { PrincipalDirectory } from '../door/index.ts';
import type { Clock, Database } from '../kernel/index.ts';
import {
  custodianOf,
  type GrantFacts,
  type HeldAgreement,
  type PartyFacts,
  type PrincipalFacts,
} from '../policy/index.ts';
import { type AgreementRow, stateOf } from './agreements/agreement-state.ts';
import type { ProjectsOf } from './parts.ts';
import { accessGrant, agreement, agreementLink, grantHolder } from './tables.ts';

type Parts = { database: Database; clock: Clock; projectsOf: ProjectsOf };
type Known = NonNullable<Awaited<ReturnType<PrincipalDirectory['load']>>>;
type Link = Pick<typeof agreementLink.$inferSelect, 'role' | 'subject' | 'version'>;

/** Links that have to do with somebody, by the index of subjects. */
function prepareLinks({ database }: Parts) {
  const { role, subject, version } = agreementLink;
  const { placeholder } = sql;
  return database.orm
    .select({ row: agreement, link: { role, subject, version } })
    .from(agreementLink)
    .innerJoin(agreement, eq(agreement.id, agreementLink.agreement))
    .where(
      and(
        or(
          and(eq(subject, placeholder('id')), inArray(role, ['representative', 'covered'])),
          and(eq(subject, placeholder('organisation')), eq(role, 'everybody')),
          and(sql`${subject} = any(${placeholder('custodian')}::text[])`, eq(role, 'party')),
        ),
        or(eq(version, agreement.latest), eq(version, agreement.inForce)),
      ),
    )
    .prepare('links-of-principal');
}

/** Every agreement that has to do with somebody, with the links that say how. */
async function linksOf(
  links: ReturnType<typeof prepareLinks>,
  known: Known,
  at: number,
): Promise<Map<string, { row: AgreementRow; links: Link[] }>> {
  const { id, organisation } = known;
  const found = await links.execute({ id, organisation, custodian: custodianOf(known, at) });
  const byAgreement = new Map<string, { row: AgreementRow; links: Link[] }>();
  for (const { row, link } of found) {
    const one = byAgreement.get(row.id) ?? { row, links: [] };
    one.links.push(link);
    byAgreement.set(row.id, one);
  }
  return byAgreement;
}

const isCovered = ({ inForce }: AgreementRow, links: readonly Link[]): boolean =>
  links.some(({ role, version }) => (role === 'covered' || role === 'everybody') && version === inForce);

/** Before an agreement was put before the other parties, only the one that drafted it knows of it. */
function partOf(row: AgreementRow, links: readonly Link[], home: string): PartyFacts {
  const told = links.filter(
    ({ subject, role }) => row.shared || (role === 'representative' ? home : subject) === row.organisation,
  );
  return {
    agreement: row.id,
    organisations: [
      ...new Set(told.filter(({ role }) => role === 'party').map(({ subject }) => subject)),
    ].sort(),
    signs: told.some(({ role, version }) => role === 'representative' && version === row.latest),
    covered: isCovered(row, links),
  };
}

type GrantRow = {
  grant: typeof accessGrant.$inferSelect;
  rests: Pick<AgreementRow, 'state' | 'startsAt' | 'endsAt' | 'datasets'> | null;
};

/** Why a grant opens nothing any more; undefined while it may. */
export function endingOf({ grant, rests }: GrantRow, at: number): GrantFacts['ended'] {
  if (grant.revokedAt !== null) return 'revoked';
  if (grant.agreement !== null) {
    const holds = rests !== null && stateOf(rests, at) === 'active' && rests.datasets.includes(grant.dataset);
    if (!holds) return 'agreement-ended';
  }
  return grant.expiresAt <= at ? 'expired' : undefined;
}

/** What a grant rests on, as columns beside it. */
export const restsOn = {
  state: agreement.state,
  startsAt: agreement.startsAt,
  endsAt: agreement.endsAt,
  datasets: agreement.datasets,
};

/** Grants that reach somebody, by name, through a project or through the organisation, by the index of holders. */
function prepareGrants({ database, projectsOf }: Parts) {
  const [id, organisation] = [sql.placeholder('id'), sql.placeholder('organisation')];
  return database.orm
    .selectDistinct({ grant: accessGrant, rests: restsOn })
    .from(grantHolder)
    .innerJoin(accessGrant, eq(accessGrant.id, grantHolder.grant))
    .leftJoin(agreement, eq(agreement.id, accessGrant.agreement))
    .where(
      sql`${grantHolder.holder} in (select ${id}::text union all select ${organisation}::text union all ${projectsOf(id)})`,
    )
    .prepare('grants-of-principal');
}

async function grantsOf(
  grants: ReturnType<typeof prepareGrants>,
  { id, organisation }: Known,
  at: number,
): Promise<GrantFacts[]> {
  const rows = await grants.execute({ id, organisation });
  return rows
    .sort((a, b) => (a.grant.id < b.grant.id ? -1 : 1))
    .map((row): GrantFacts => {
      const { id, dataset, purposes, expiresAt, agreement: under } = row.grant;
      const ended = endingOf(row, at);
      return {
        ...{ id, dataset, purposes, expiresAt, agreement: under },
        ...(ended === undefined ? {} : { ended }),
      };
    });
}

/**
 * A directory that adds what agreements and grants say of a principal as they are at that moment: two queries more, each by
 * an index. Whoever decides needs this one; without it no grant opens anything and no agreement is known to anybody.
 */
export function withAccess(directory: PrincipalDirectory, parts: Parts): PrincipalDirectory {
  const [links, grantsReaching] = [prepareLinks(parts), prepareGrants(parts)];
  return {
    async load(id) {
      const known = await directory.load(id);
      if (known === undefined) return undefined;
      const at = parts.clock.now().getTime();
      const [linked, grants] = await Promise.all([
        linksOf(links, known, at),
        grantsOf(grantsReaching, known, at),
      ]);
      const all = [...linked.values()];
      const agreements = all
        .filter(({ row, links }) => stateOf(row, at) === 'active' && isCovered(row, links))
        .map(
          ({ row }): HeldAgreement => ({
            id: row.id,
            purposes: impliedPurposes(row.purposes),
            datasets: row.datasets,
            endsAt: row.endsAt ?? at,
          }),
        );
      return {
        ...known,
        agreements,
        grants,
        parties: all.map(({ row, links }) => partOf(row, links, known.organisation)),
      } satisfies Omit<PrincipalFacts, 'tokenScopes' | 'delegation'>;
    },
  };
}
