import { purposes } from '@genesis/contracts';
import { and, asc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import { factsOf, type ReadScope, resource } from '../../door/index.ts';
import { readExports } from '../../ledger/index.ts';
import { isVisible, type PrincipalFacts } from '../../policy/index.ts';
import type { AccessParts } from '../parts.ts';
import { accessGrant, agreementLink, disclosure, grantHolder } from '../tables.ts';
import { findAgreement } from './agreement-store.ts';

/** Something that rests on an agreement, and how: it covers it, it binds it, or it was made under a grant that rests on it. */
export type Affected = {
  kind: string;
  id: string;
  name: string | null;
  how: 'covered' | 'bound' | 'made-under-grant';
  createdAt: number;
};

export type Impact = {
  affected: Affected[];
  /** False where there is more than one answer holds. */
  complete: boolean;
  /** Grants that are good now and that a termination would end, with those who hold them. */
  closes: { grant: string; dataset: string; holders: string[]; expiresAt: number }[];
  /** Who is covered: people by name, and organisations with everybody. */
  covered: string[];
  openDisclosures: number;
};

const most = 5000;
const order = ['dataset', 'version', 'split', 'card', 'run', 'model', 'campaign', 'crate'];

async function grantsOn(scope: ReadScope, id: string) {
  return await scope.orm
    .select({
      row: accessGrant,
      holders: sql<string[]>`array(select ${grantHolder.holder} from ${grantHolder}
        where ${grantHolder.grant} = ${accessGrant.id} order by 1)`,
    })
    .from(accessGrant)
    .where(eq(accessGrant.agreement, id))
    .orderBy(asc(accessGrant.expiresAt), asc(accessGrant.id));
}

/** Rows that an agreement covers, binds, or that somebody made under a grant resting on it while that was good. */
async function resting(scope: ReadScope, id: string, datasets: readonly string[]) {
  const made = sql`exists (select 1 from ${accessGrant} join ${grantHolder} on ${grantHolder.grant} = ${accessGrant.id}
    where ${accessGrant.agreement} = ${id} and ${grantHolder.holder} = ${resource.createdBy}
      and ${accessGrant.dataset} = any(${resource.origins}) and ${resource.createdAt} >= ${accessGrant.grantedAt}
      and ${resource.createdAt} <= coalesce(${accessGrant.revokedAt}, ${accessGrant.expiresAt}))`;
  return await scope.orm
    .select()
    .from(resource)
    .where(
      or(
        sql`${resource.agreements} @> ${sql.param([id])}::text[]`,
        datasets.length === 0 ? undefined : inArray(resource.id, [...datasets]),
        made,
      ),
    )
    .orderBy(asc(resource.createdAt), asc(resource.id))
    .limit(most + 1);
}

/**
 * What rests on an agreement, as far as the caller may see it, and what a termination would close for whom. For custodians of
 * a party.
 */
export async function impactOf(
  { door, database, clock, namesOf }: AccessParts,
  principal: PrincipalFacts,
  id: string,
): Promise<Impact> {
  const { scope } = await door.use(principal, 'agreement.impact', id, null);
  const { row, current } = await findAgreement(scope, id);
  const at = clock.now().getTime();
  const found = await resting(scope, id, current.terms.datasets);
  const visible = found
    .slice(0, most)
    .map((one) => ({ facts: factsOf(one), createdAt: one.createdAt }))
    .filter(({ facts }) => isVisible(principal, facts, at));
  const names = new Map<string, string>();
  for (const purpose of purposes)
    for (const [one, name] of await namesOf(
      door.authorize(principal, purpose),
      visible.map(({ facts }) => facts.id).filter((one) => !names.has(one)),
    ))
      names.set(one, name);
  const things = visible.map(({ facts, createdAt }): Affected => {
    const how = facts.conditions.agreements.includes(id)
      ? 'bound'
      : current.terms.datasets.includes(facts.id)
        ? 'covered'
        : 'made-under-grant';
    return { kind: facts.kind, id: facts.id, name: names.get(facts.id) ?? null, how, createdAt };
  });
  const campaigns = new Map(things.filter(({ kind }) => kind === 'campaign').map((one) => [one.id, one]));
  const crates = (await readExports(database, [...campaigns.keys()])).map((one): Affected => {
    const { name, how } = campaigns.get(one.about)!;
    return { kind: 'crate', id: one.entry, name, how, createdAt: one.at };
  });
  const place = ({ kind }: Affected): number => (order.indexOf(kind) + order.length + 1) % (order.length + 1);
  const grants = (await grantsOn(scope, id)).filter(
    (one) => one.row.revokedAt === null && one.row.expiresAt > at,
  );
  const covered = await scope.orm
    .select({ subject: agreementLink.subject })
    .from(agreementLink)
    .where(
      and(
        eq(agreementLink.agreement, id),
        eq(agreementLink.version, row.inForce ?? row.latest),
        inArray(agreementLink.role, ['covered', 'everybody']),
      ),
    )
    .orderBy(asc(agreementLink.subject));
  const disclosures = await scope.orm
    .select({ id: disclosure.id })
    .from(disclosure)
    .where(and(eq(disclosure.agreement, id), isNull(disclosure.closedAt)));
  return {
    affected: [...things, ...crates].sort((a, b) => place(a) - place(b) || a.createdAt - b.createdAt),
    complete: found.length <= most,
    closes: grants.map((one) => ({
      ...{ grant: one.row.id, dataset: one.row.dataset, holders: one.holders },
      expiresAt: one.row.expiresAt,
    })),
    covered: [...new Set(covered.map(({ subject }) => subject))],
    openDisclosures: disclosures.length,
  };
}
