import type { Purpose } from '@genesis/contracts';
import { levels, purposes } from '@genesis/contracts';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../kernel/index.ts';
import {
  type PrincipalFacts,
  platformOrganisation,
  type ReadPredicate,
  readActionOf,
  readableKinds,
} from '../policy/index.ts';
import { resource } from './tables.ts';

declare const scopeBrand: unique symbol;

/**
 * The right to read: what `authorize` made of a principal and a purpose. Stores take one and nothing else that reaches
 * the database, so a read that forgot to ask does not compile; `where` restricts the `resource` table of its query.
 */
export interface ReadScope {
  readonly [scopeBrand]: true;
  readonly principal: PrincipalFacts;
  readonly purpose: Purpose | null;
  readonly predicate: ReadPredicate;
  /** Reads only: what is written passes `perform`. */
  readonly orm: Pick<Database['orm'], 'select' | 'selectDistinct' | 'selectDistinctOn'>;
  /** Condition over the columns of `resource`: true exactly for rows that policy lets this principal read. */
  readonly where: SQL;
}

/** Only the door calls this. */
export function makeScope(
  orm: Database['orm'],
  principal: PrincipalFacts,
  predicate: ReadPredicate,
): ReadScope {
  const scope: Omit<ReadScope, typeof scopeBrand> = {
    principal,
    purpose: predicate.purpose,
    predicate,
    orm,
    where: compile(predicate),
  };
  return scope as ReadScope;
}

const textArray = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;

/** The predicate of policy as SQL, term for term as `admits` has it; a property test holds the two together. */
function compile(predicate: ReadPredicate): SQL {
  const { actions, maxLevel, categories, organisations, purpose, confinedTo } = predicate;
  const { custodianOf, held, granted, grantedUnder, reached, covered, known } = predicate;
  const kinds = readableKinds.filter((kind) => actions.includes(readActionOf(kind)!));
  const open = sql`(${resource.labelLevel} = 0 and ${resource.labelCategories} = '{}'::text[])`;
  const owner = sql`coalesce(${resource.organisation}, ${platformOrganisation}::text)`;
  const fits =
    purpose === null
      ? sql`(${open} and ${resource.purposes} @> ${textArray(purposes)} and ${resource.agreements} = '{}'::text[] and not ${resource.needsAgreement} and ${resource.needsGrant} = '{}'::text[])`
      : sql`${purpose}::text = any(${resource.purposes})`;
  const among = (ids: readonly string[]): SQL =>
    ids.length === 0
      ? sql`false`
      : sql`(${resource.origins} <> '{}'::text[] and ${resource.origins} <@ ${textArray(ids)})`;
  const needsNoGrant =
    purpose === null ? sql`true` : sql`not (${purpose}::text = any(${resource.needsGrant}))`;
  const reach = sql`(${open} or ${owner} = any(${textArray(organisations)}) or ${among(reached)} or (${resource.kind} = 'card' and ${among(covered)}))`;
  const demands = sql`(${owner} = any(${textArray(custodianOf)}) or (${resource.agreements} <@ ${textArray(held)} and (${needsNoGrant} or ${among(granted)}) and (not ${resource.needsAgreement} or ${resource.agreements} <> '{}'::text[] or ${among(grantedUnder)})))`;
  const terms: SQL[] = [
    sql`${resource.kind} = any(${textArray(kinds)})`,
    sql`${resource.labelLevel} <= ${levels.indexOf(maxLevel)}`,
    sql`${resource.labelCategories} <@ ${textArray(categories)}`,
    fits,
    reach,
    demands,
    sql`(${resource.kind} <> 'agreement' or ${resource.id} = any(${textArray(known)}))`,
    ...(confinedTo === undefined ? [] : [sql`${resource.id} = any(${textArray(confinedTo)})`]),
  ];
  return sql`(${sql.join(terms, sql` and `)})`;
}
