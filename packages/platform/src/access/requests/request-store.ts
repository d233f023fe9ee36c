/** Reads of requests and grants: one's own, and those that one decides about as a custodian. All else does not exist. */
import { GenesisError, type RequestState, requestStates } from '@genesis/contracts';
import { and, asc, desc, eq, inArray, isNull, lte, or, type SQL, sql } from 'drizzle-orm';
import type { ReadScope } from '../../door/index.ts';
import type { GrantFacts } from '../../policy/index.ts';
import { endingOf, restsOn } from '../directory.ts';
import type { ProjectsOf } from '../parts.ts';
import { accessDecision, accessGrant, accessRequest, agreement, grantHolder } from '../tables.ts';
import { reaches, readsAsCustodian, readsOwn } from './notices.ts';

export type RequestRow = typeof accessRequest.$inferSelect;
export type DecisionRow = typeof accessDecision.$inferSelect;
export type FoundRequest = { row: RequestRow; state: RequestState; decisions: DecisionRow[] };
export type GrantRow = typeof accessGrant.$inferSelect;
export type FoundGrant = { row: GrantRow; holders: string[]; ended: GrantFacts['ended'] | null };

const missing = (what: string): GenesisError =>
  new GenesisError({ code: 'not-found', message: `There is no ${what} under this id that you may see.` });

/** A request that nobody decided in time has lapsed, whenever somebody looks. */
export const requestStateAt = (
  { state, lapsesAt }: Pick<RequestRow, 'state' | 'lapsesAt'>,
  at: number,
): RequestState =>
  !requestStates.isFinal(state as RequestState) && at >= lapsesAt ? 'lapsed' : (state as RequestState);

function requestsFor(scope: ReadScope): SQL | undefined {
  const { principal, predicate } = scope;
  const custodian = readsAsCustodian(scope) ? [...predicate.custodianOf] : [];
  return or(
    sql`false`,
    readsOwn(scope)
      ? or(
          eq(accessRequest.requestedBy, principal.id),
          sql`${principal.id}::text = any(${accessRequest.holders})`,
        )
      : undefined,
    custodian.length === 0
      ? undefined
      : or(inArray(accessRequest.organisation, custodian), inArray(accessRequest.secondParty, custodian)),
  );
}

async function requests(scope: ReadScope, condition: SQL | undefined, at: number): Promise<FoundRequest[]> {
  const rows = await scope.orm
    .select()
    .from(accessRequest)
    .where(and(requestsFor(scope), condition))
    .orderBy(desc(accessRequest.requestedAt), desc(accessRequest.id))
    .limit(500);
  const decisions =
    rows.length === 0
      ? []
      : await scope.orm
          .select()
          .from(accessDecision)
          .where(
            inArray(
              accessDecision.request,
              rows.map(({ id }) => id),
            ),
          )
          .orderBy(asc(accessDecision.decidedAt));
  return rows.map((row) => ({
    row,
    state: requestStateAt(row, at),
    decisions: decisions.filter(({ request }) => request === row.id),
  }));
}

/** The newest 500 at most. */
export const listRequests = (scope: ReadScope, at: number): Promise<FoundRequest[]> =>
  requests(scope, undefined, at);

export async function findRequest(scope: ReadScope, id: string, at: number): Promise<FoundRequest> {
  const [found] = await requests(scope, eq(accessRequest.id, id), at);
  if (found === undefined) throw missing('request');
  return found;
}

const holders = sql<string[]>`array(select ${grantHolder.holder} from ${grantHolder}
  where ${grantHolder.grant} = ${accessGrant.id} order by 1)`;

async function grants(
  scope: ReadScope,
  projectsOf: ProjectsOf,
  condition: SQL | undefined,
  at: number,
): Promise<FoundGrant[]> {
  const custodian = readsAsCustodian(scope) ? [...scope.predicate.custodianOf] : [];
  const { principal } = scope;
  const organisation = readsOwn(scope) ? sql` union all select ${principal.organisation}::text` : sql``;
  const mine = sql`${accessGrant.id} in (select ${grantHolder.grant} from ${grantHolder}
    where ${reaches(scope, sql`${grantHolder.holder}`, projectsOf)} or ${grantHolder.holder} in (select null::text${organisation}))`;
  const second = sql`exists (select 1 from ${accessRequest} where ${accessRequest.id} = ${accessGrant.request}
    and ${accessRequest.secondParty} = any(${sql.param(custodian)}::text[]))`;
  const rows = await scope.orm
    .select({ grant: accessGrant, rests: restsOn, holders })
    .from(accessGrant)
    .leftJoin(agreement, eq(agreement.id, accessGrant.agreement))
    .where(
      and(
        or(
          mine,
          custodian.length === 0 ? undefined : or(inArray(accessGrant.organisation, custodian), second),
        ),
        condition,
      ),
    )
    .orderBy(asc(accessGrant.expiresAt), asc(accessGrant.id))
    .limit(1000);
  return rows.map((row) => ({
    row: row.grant,
    holders: row.holders,
    ended: endingOf(row, at) ?? null,
  }));
}

/** Grants by their end, the first to end first; with `until`, those that are still good and end by then. */
export async function listGrants(
  scope: ReadScope,
  projectsOf: ProjectsOf,
  at: number,
  until?: number,
): Promise<FoundGrant[]> {
  const condition =
    until === undefined ? undefined : and(lte(accessGrant.expiresAt, until), isNull(accessGrant.revokedAt));
  const found = await grants(scope, projectsOf, condition, at);
  return until === undefined ? found : found.filter(({ ended }) => ended === null);
}

export async function findGrant(
  scope: ReadScope,
  projectsOf: ProjectsOf,
  id: string,
  at: number,
): Promise<FoundGrant> {
  const [found] = await grants(scope, projectsOf, eq(accessGrant.id, id), at);
  if (found === undefined) throw missing('grant');
  return found;
}
