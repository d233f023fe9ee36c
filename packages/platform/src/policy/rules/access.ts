import type { Action, Conditions, Purpose } from '@genesis/contracts';
import { purposeFor, readActions, usesData } from '../actions.ts';
import { isSubset } from '../lattice.ts';
import {
  type DecisionRequest,
  type GrantFacts,
  type HeldAgreement,
  type PrincipalFacts,
  platformOrganisation,
  type ResourceFacts,
} from '../request.ts';
import { forbid, type Rule, silent } from '../rule.ts';
import { permittingRole } from './permissions.ts';

/** Agreements in force that cover the principal for a purpose; for null, for any. */
export const heldFor = (
  principal: PrincipalFacts,
  purpose: Purpose | null,
  at: number,
): readonly HeldAgreement[] =>
  (principal.agreements ?? []).filter(
    ({ endsAt, purposes }) => at < endsAt && (purpose === null || purposes.includes(purpose)),
  );

/** Grants that open something now for a purpose: neither ended nor resting on an agreement that does not hold. */
export function grantsFor(
  principal: PrincipalFacts,
  purpose: Purpose | null,
  at: number,
): readonly GrantFacts[] {
  const grants = principal.grants ?? [];
  if (grants.length === 0) return grants;
  const held = new Set(heldFor(principal, purpose, at).map(({ id }) => id));
  return grants.filter(
    ({ ended, expiresAt, purposes, agreement }) =>
      ended === undefined &&
      at < expiresAt &&
      (purpose === null || purposes.includes(purpose)) &&
      (agreement === null || held.has(agreement)),
  );
}

/** Whether grants open everything that something comes from. What comes from nothing governed is opened by no grant. */
const opens = (grants: readonly GrantFacts[], { origins }: Conditions): boolean =>
  origins.length > 0 && origins.every((origin) => grants.some(({ dataset }) => dataset === origin));

const reads: ReadonlySet<Action> = new Set(readActions);

/** Organisations whose stewards and auditors the principal belongs to: they look after what an agreement binds. */
export const custodianOf = ({ roles }: PrincipalFacts, at: number): string[] => [
  ...new Set(
    roles
      .filter(
        ({ role, expiresAt }) =>
          (role === 'steward' || role === 'auditor') && (expiresAt === undefined || at < expiresAt),
      )
      .map(({ organisation }) => organisation),
  ),
];

/** What the request looks into: the resource and its sources, less what its custodians merely read. */
function bound({ principal, action, resource, sources = [], at }: DecisionRequest) {
  if (!usesData.has(action)) return [];
  const custodians = reads.has(action) ? custodianOf(principal, at) : [];
  return [resource, ...sources].filter(
    ({ organisation }) => !custodians.includes(organisation ?? platformOrganisation),
  );
}

export const agreementInForce: Rule = {
  name: 'agreement-in-force',
  says: 'Every agreement that binds the resource and its sources is in force and covers whoever uses them, for the purpose. Custodians may read without it.',
  judge: (request) => {
    const { principal, purpose, at } = request;
    const missing = bound(request)
      .flatMap(({ conditions }) => conditions.agreements)
      .filter((id) => !heldFor(principal, purpose, at).some((held) => held.id === id));
    const [first] = missing;
    if (first === undefined) return silent;
    const ended = principal.grants?.some(
      (grant) => grant.agreement === first && grant.ended === 'agreement-ended',
    );
    return forbid(
      ended
        ? `the agreement ${first} is no longer in force`
        : `the agreement ${first} is not in force, or does not cover you${purpose === null ? '' : ` for the purpose ${purpose}`}`,
      `the parties of ${[...new Set(missing)].join(', ')} must have it in force and name you among the people it covers`,
    );
  },
};

export const agreementDemanded: Rule = {
  name: 'agreement-demanded',
  says: 'What demands an agreement is used under one: an agreement that binds it, or one that a grant rests on.',
  judge: (request) => {
    const { principal, purpose, at } = request;
    const under = grantsFor(principal, purpose, at).filter(({ agreement }) => agreement !== null);
    const without = bound(request).some(
      ({ conditions }) =>
        conditions.needsAgreement && conditions.agreements.length === 0 && !opens(under, conditions),
    );
    return without
      ? forbid(
          'its card demands an agreement, and none stands behind this use',
          'a steward must put an agreement on it, or grant access under one',
        )
      : silent;
  },
};

const endedWords = {
  expired: 'has expired',
  revoked: 'was revoked',
  'agreement-ended': 'rests on an agreement that is no longer in force',
} as const;

/** Why no grant opens something: the last one that did, or that there never was one. */
function lacking({ principal, resource, purpose, at }: DecisionRequest): string {
  const mine = (principal.grants ?? []).filter(({ dataset }) =>
    resource.conditions.origins.includes(dataset),
  );
  const last = mine.findLast(({ ended, expiresAt }) => ended !== undefined || expiresAt <= at);
  if (last !== undefined) return `the grant ${last.id} ${endedWords[last.ended ?? 'expired']}`;
  return mine.length === 0
    ? 'nobody has granted you access'
    : `your grants do not cover the purpose ${purpose ?? 'that was left out'}`;
}

const howToAsk = ({ resource, purpose }: DecisionRequest): string =>
  `ask for access: genesis access request ${resource.conditions.origins[0] ?? resource.id} --purpose ${purpose ?? 'explore'}`;

export const grantDemanded: Rule = {
  name: 'grant-demanded',
  says: 'Where a card demands approval, terms or review for a purpose, even members of the owner need a grant for it. Custodians may read without it.',
  judge: (request) => {
    const { principal, purpose, at } = request;
    if (purpose === null) return silent;
    const grants = grantsFor(principal, purpose, at);
    const closed = bound(request).some(
      ({ conditions }) => conditions.needsGrant.includes(purpose) && !opens(grants, conditions),
    );
    return closed ? forbid(`${purpose} demands a grant: ${lacking(request)}`, howToAsk(request)) : silent;
  },
};

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

export const embargo: Rule = {
  name: 'embargo',
  says: 'Nothing is exported before the day until which its sources are embargoed.',
  judge: ({ action, resource, sources = [], at }) => {
    if (purposeFor.get(action) !== 'publish') return silent;
    const today = dayOf(at);
    const until = [resource, ...sources]
      .flatMap(({ conditions }) => conditions.embargoUntil ?? [])
      .filter((day) => today < day)
      .sort()
      .at(-1);
    return until === undefined
      ? silent
      : forbid(`it is embargoed until ${until}`, `wait until ${until}, or have its steward change the card`);
  },
};

export const environmentApproved: Rule = {
  name: 'environment-approved',
  says: 'Where cards prescribe the machines that may hold the data, it moves to no other.',
  judge: ({ resource, sources = [] }) => {
    const { destinationNames } = resource;
    if (destinationNames === undefined) return silent;
    const closed = [resource, ...sources].find(
      ({ conditions: { environments } }) =>
        environments !== null && !environments.some((name) => destinationNames.includes(name)),
    );
    return closed === undefined
      ? silent
      : forbid(
          `the cards of the data do not approve ${destinationNames.join(' or ')}`,
          `choose one of the machines that they name: ${closed.conditions.environments?.join(', ') || 'none in common'}`,
        );
  },
};

/** Acts that end one's own work: a grant reaches them too, whatever its purposes. */
const endings: ReadonlySet<Action> = new Set(['run.cancel', 'campaign.stop', 'hypothesis.abandon']);

const coversCard = (principal: PrincipalFacts, { kind, conditions }: ResourceFacts, at: number): boolean =>
  kind === 'card' && conditions.origins.length > 0 && isSubset(conditions.origins, coveredBy(principal, at));

/** Ids of the datasets that agreements in force give access to, sorted. */
export const coveredBy = (principal: PrincipalFacts, at: number): string[] =>
  [...new Set(heldFor(principal, null, at).flatMap(({ datasets }) => datasets))].sort();

export const granted: Rule = {
  name: 'granted',
  says: 'A grant for everything that the resource comes from opens it to people of other organisations, for its purposes, in the role that they have at home.',
  judge: (request) => {
    const { principal, action, resource, purpose, at } = request;
    const ends = endings.has(action);
    if (!ends && !usesData.has(action)) return silent;
    if (resource.conditions.origins.length === 0) return silent;
    const role = permittingRole(principal, action, principal.organisation, at);
    if (role === undefined) return silent;
    const grants = grantsFor(principal, ends ? null : purpose, at);
    return opens(grants, resource.conditions)
      ? { effect: 'permit', reason: `granted: ${grants.map(({ id }) => id).join(', ')}` }
      : { effect: 'silent', needed: [`${lacking(request)}: ${howToAsk(request)}`] };
  },
};

const aboutCards: ReadonlySet<Action> = new Set(['card.read', 'access.request']);

export const coveredByAgreement: Rule = {
  name: 'covered-by-agreement',
  says: 'People whom an agreement in force covers see the cards of its datasets, and may ask for them.',
  judge: ({ principal, action, resource, at }) =>
    aboutCards.has(action) && coversCard(principal, resource, at)
      ? { effect: 'permit', reason: 'an agreement in force covers you and this dataset' }
      : silent,
};

/**
 * The agreements under which an outsider derives something: those that the grants rest on which open its origins. They bind the
 * result, so that it ends with them. Empty for members of the owner.
 */
export function agreementsBehind({ principal, action, resource, purpose, at }: DecisionRequest): string[] {
  if (permittingRole(principal, action, resource.organisation, at) !== undefined) return [];
  const grants = grantsFor(principal, purpose, at);
  const behind = resource.conditions.origins.flatMap(
    (origin) =>
      grants.flatMap(({ dataset, agreement }) =>
        dataset === origin && agreement !== null ? [agreement] : [],
      )[0] ?? [],
  );
  return [...new Set(behind)].sort();
}

/** Whether the principal knows that something exists because they were granted it, or made it under a grant, once. */
export function knowsByGrant(principal: PrincipalFacts, { kind, id, createdBy, conditions }: ResourceFacts) {
  const grants = principal.grants ?? [];
  if (kind === 'dataset' && grants.some(({ dataset }) => dataset === id)) return true;
  return (
    createdBy === principal.id &&
    conditions.origins.length > 0 &&
    conditions.origins.every((origin) => grants.some(({ dataset }) => dataset === origin))
  );
}
