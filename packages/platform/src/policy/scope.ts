import { type Level, type Purpose, purposes } from '@genesis/contracts';
import { type ReadAction, readActionOf, readActions } from './actions.ts';
import { dominates, isPublic, purposeFits } from './lattice.ts';
import { type PrincipalFacts, platformOrganisation, type ResourceFacts } from './request.ts';
import { delegationLives, isConfined, scopesCover } from './rules/credentials.ts';
import { permittingRole } from './rules/permissions.ts';

/**
 * Everything that a principal may read, as data that compiles to SQL. A resource is in it when all of these hold:
 * its kind's read is among `actions`; it is not sealed; its id is in `confinedTo`, if that is given; its level is
 * at most `maxLevel` and its categories are among `categories`; `purpose` is among the purposes of its conditions
 * (with no purpose: it is public, without categories, and free for every purpose); and it is public without
 * categories, or its organisation (`platform` where it has none) is among `organisations`.
 */
export type ReadPredicate = {
  actions: readonly ReadAction[];
  maxLevel: Level;
  categories: readonly string[];
  organisations: readonly string[];
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
  return {
    actions: lives ? readActions.filter(covered) : [],
    maxLevel: clearance.level,
    categories: clearance.categories,
    organisations: [...organisations]
      .filter((organisation) => permittingRole(principal, 'dataset.read', organisation, at) !== undefined)
      .sort(),
    purpose,
    ...(delegation !== undefined && isConfined(delegation) ? { confinedTo: delegation.resources } : {}),
  };
}

/** Whether a read under this scope may show the resource, or anything about it, its existence included. */
export function admits(predicate: ReadPredicate, resource: ResourceFacts): boolean {
  const action = readActionOf(resource.kind);
  const { actions, maxLevel, categories, organisations, purpose, confinedTo } = predicate;
  return (
    action !== undefined &&
    actions.includes(action) &&
    resource.sealed !== true &&
    (resource.destinationClearance === undefined ||
      dominates(resource.destinationClearance, resource.label)) &&
    (confinedTo === undefined || confinedTo.includes(resource.id)) &&
    dominates({ level: maxLevel, categories: [...categories] }, resource.label) &&
    purposeFits(purpose, resource.label, resource.conditions) &&
    (isPublic(resource.label) || organisations.includes(resource.organisation ?? platformOrganisation))
  );
}

/**
 * Whether the principal may know that the resource exists: whether some purpose lets them read it. Where this is
 * false, every answer must be the same as for a thing that does not exist. Seals hide rows, not the fact that
 * there is a sealed part. Kinds without a read (principals, tokens, the ledger) are not hidden by this.
 */
export function isVisible(principal: PrincipalFacts, resource: ResourceFacts, at: number): boolean {
  if (readActionOf(resource.kind) === undefined) return true;
  const unsealed = { ...resource, sealed: false };
  return [null, ...purposes].some((purpose) => admits(readScopeOf(principal, purpose, at), unsealed));
}
