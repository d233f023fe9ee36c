import { type Conditions, type Level, type Purpose, purposes } from '@genesis/contracts';
import { type ReadAction, readActionOf, readActions } from './actions.ts';
import { dominates, isPublic, isSubset, purposeFits } from './lattice.ts';
import { type PrincipalFacts, platformOrganisation, type ResourceFacts } from './request.ts';
import { coveredBy, custodianOf, grantsFor, heldFor, knowsByGrant } from './rules/access.ts';
import { agreementsKnown } from './rules/agreements.ts';
import { delegationLives, isConfined, scopesCover } from './rules/credentials.ts';
import { permittingRole } from './rules/permissions.ts';

/**
 * Everything that a principal may read, as data that compiles to SQL. A resource is in it when all of these hold:
 * its kind's read is among `actions`; it is not sealed; its id is in `confinedTo`, if that is given; its level is
 * at most `maxLevel` and its categories are among `categories`; `purpose` is among the purposes of its conditions
 * (with no purpose: it is public, without categories, and free); it is public without categories, or its organisation
 * (`platform` where it has none) is among `organisations`, or all its origins are `reached` by grants, or it is a card
 * whose origins are all `covered`; and either its organisation is among `custodianOf`, or all its agreements are `held`,
 * a grant that it needs for the purpose is there for all its origins (`granted`), and an agreement that it needs binds it
 * or stands behind grants for all its origins (`grantedUnder`). An agreement itself must be among `known` besides.
 */
export type ReadPredicate = {
  actions: readonly ReadAction[];
  maxLevel: Level;
  categories: readonly string[];
  organisations: readonly string[];
  custodianOf: readonly string[];
  held: readonly string[];
  granted: readonly string[];
  grantedUnder: readonly string[];
  reached: readonly string[];
  covered: readonly string[];
  known: readonly string[];
  purpose: Purpose | null;
  confinedTo?: readonly string[];
};

/** The scope says yes exactly where `decide`, under the standard rules, does not deny the read. */
export function readScopeOf(principal: PrincipalFacts, purpose: Purpose | null, at: number): ReadPredicate {
  const { clearance, delegation, roles, tokenScopes } = principal;
  const lives =
    delegation === undefined || (delegationLives(delegation, at) && delegation.purpose === purpose);
  const covered = (action: ReadAction): boolean =>
    scopesCover(tokenScopes, action) && (delegation === undefined || delegation.actions.includes(action));
  const organisations = new Set(roles.map(({ organisation }) => organisation));
  const grants = grantsFor(principal, purpose, at);
  const granted = idsOf(grants.map(({ dataset }) => dataset));
  const atHome = permittingRole(principal, 'dataset.read', principal.organisation, at) !== undefined;
  return {
    actions: lives ? readActions.filter(covered) : [],
    maxLevel: clearance.level,
    categories: clearance.categories,
    organisations: [...organisations]
      .filter((organisation) => permittingRole(principal, 'dataset.read', organisation, at) !== undefined)
      .sort(),
    custodianOf: custodianOf(principal, at),
    held: idsOf(heldFor(principal, purpose, at).map(({ id }) => id)),
    granted,
    grantedUnder: idsOf(grants.flatMap(({ dataset, agreement }) => (agreement === null ? [] : [dataset]))),
    reached: atHome ? granted : [],
    covered: coveredBy(principal, at),
    known: agreementsKnown(principal, at),
    purpose,
    ...(delegation !== undefined && isConfined(delegation) ? { confinedTo: delegation.resources } : {}),
  };
}

const idsOf = (ids: readonly string[]): string[] => [...new Set(ids)].sort();

/** Whether every demand of the conditions is met, for others than custodians. */
function meetsDemands({ held, granted, grantedUnder, purpose }: ReadPredicate, conditions: Conditions) {
  const { agreements, needsAgreement, needsGrant, origins } = conditions;
  const among = (ids: readonly string[]): boolean => origins.length > 0 && isSubset(origins, ids);
  return (
    isSubset(agreements, held) &&
    (purpose === null || !needsGrant.includes(purpose) || among(granted)) &&
    (!needsAgreement || agreements.length > 0 || among(grantedUnder))
  );
}

/** Whether a read under this scope may show the resource, or anything about it, its existence included. */
export function admits(predicate: ReadPredicate, resource: ResourceFacts): boolean {
  const action = readActionOf(resource.kind);
  const { actions, maxLevel, categories, organisations, reached, covered, purpose, confinedTo } = predicate;
  const owner = resource.organisation ?? platformOrganisation;
  const { origins } = resource.conditions;
  return (
    action !== undefined &&
    actions.includes(action) &&
    resource.sealed !== true &&
    (resource.destinationClearance === undefined ||
      dominates(resource.destinationClearance, resource.label)) &&
    (confinedTo === undefined || confinedTo.includes(resource.id)) &&
    dominates({ level: maxLevel, categories: [...categories] }, resource.label) &&
    purposeFits(purpose, resource.label, resource.conditions) &&
    (isPublic(resource.label) ||
      organisations.includes(owner) ||
      (origins.length > 0 &&
        (isSubset(origins, reached) || (resource.kind === 'card' && isSubset(origins, covered))))) &&
    (resource.kind !== 'agreement' || predicate.known.includes(resource.id)) &&
    (predicate.custodianOf.includes(owner) || meetsDemands(predicate, resource.conditions))
  );
}

/**
 * Whether the principal may know that the resource exists: whether some purpose lets them read it, or a grant once did.
 * Where this is false, every answer must be the same as for a thing that does not exist. Seals hide rows, not the fact that
 * there is a sealed part. Kinds without a read (principals, tokens, the ledger) are not hidden by this.
 */
export function isVisible(principal: PrincipalFacts, resource: ResourceFacts, at: number): boolean {
  if (readActionOf(resource.kind) === undefined) return true;
  const unsealed = { ...resource, sealed: false };
  return (
    [null, ...purposes].some((purpose) => admits(readScopeOf(principal, purpose, at), unsealed)) ||
    remembers(principal, resource)
  );
}

/** What a grant showed once is no secret afterwards, as far as the token and the clearance still reach. */
function remembers(principal: PrincipalFacts, resource: ResourceFacts): boolean {
  const { clearance, delegation, tokenScopes } = principal;
  const action = readActionOf(resource.kind);
  return (
    action !== undefined &&
    scopesCover(tokenScopes, action) &&
    (delegation === undefined || !isConfined(delegation) || delegation.resources.includes(resource.id)) &&
    dominates(clearance, resource.label) &&
    knowsByGrant(principal, resource)
  );
}
