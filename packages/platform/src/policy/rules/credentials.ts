import { type Action, actions } from '@genesis/contracts';
import { creates, grantsAuthority } from '../actions.ts';
import type { DelegationFacts } from '../request.ts';
import { forbid, type Rule, silent } from '../rule.ts';

const wildcards: ReadonlyMap<Action, string> = new Map(
  actions.map((action) => [action, `${action.slice(0, action.indexOf('.'))}.*`]),
);

/** Whether a token's scopes (`*`, `dataset.*`, `dataset.read`) cover an action. */
export function scopesCover(scopes: readonly string[], action: Action): boolean {
  const wildcard = wildcards.get(action);
  return scopes.some((scope) => scope === action || scope === wildcard || scope === '*');
}

export function delegationLives(delegation: DelegationFacts, at: number): boolean {
  return !delegation.revoked && at < delegation.expiresAt;
}

export const isConfined = (delegation: DelegationFacts): boolean => !delegation.resources.includes('*');

export const tokenScope: Rule = {
  name: 'token-scope',
  says: 'The scopes of the token must cover the action.',
  judge: ({ principal, action }) =>
    scopesCover(principal.tokenScopes, action)
      ? silent
      : forbid(`the token does not cover ${action}`, `use a token whose scopes include ${action}`),
};

export const delegationAlive: Rule = {
  name: 'delegation-alive',
  says: 'A delegation counts only until it expires or is revoked.',
  judge: ({ principal: { delegation }, at }) => {
    if (delegation === undefined || delegationLives(delegation, at)) return silent;
    const why = delegation.revoked ? 'was revoked' : 'has expired';
    return forbid(
      `the delegation ${delegation.id} ${why}`,
      'the delegating person must make a new delegation',
    );
  },
};

export const delegationAction: Rule = {
  name: 'delegation-action',
  says: 'A delegation covers only the actions that it names.',
  judge: ({ principal: { delegation }, action }) =>
    delegation === undefined || delegation.actions.includes(action)
      ? silent
      : forbid(
          `the delegation ${delegation.id} does not cover ${action}`,
          `the delegating person must make a delegation that names ${action}`,
        ),
};

export const delegationPurpose: Rule = {
  name: 'delegation-purpose',
  says: 'Work under a delegation states the purpose of the delegation, and no other.',
  judge: ({ principal: { delegation }, purpose }) =>
    delegation === undefined || delegation.purpose === purpose
      ? silent
      : forbid(
          `the delegation ${delegation.id} is for the purpose ${delegation.purpose}, not ${purpose ?? 'an unstated one'}`,
          `act for the purpose ${delegation.purpose}, or have the delegating person make another delegation`,
        ),
};

export const delegationResource: Rule = {
  name: 'delegation-resource',
  says: 'A confined delegation reaches only the ids that it names (and what it creates itself).',
  judge: ({ principal: { delegation }, action, resource }) =>
    delegation === undefined ||
    !isConfined(delegation) ||
    creates.has(action) ||
    delegation.resources.includes(resource.id)
      ? silent
      : forbid(
          `the delegation ${delegation.id} is confined to other resources`,
          `the delegating person must make a delegation that names ${resource.id}`,
        ),
};

export const delegationGrants: Rule = {
  name: 'delegation-grants-nothing',
  says: 'Delegated authority cannot be handed on: no principals, roles, clearances, tokens, signatures, grants or delegations under it.',
  judge: ({ principal: { delegation }, action }) =>
    delegation === undefined || (!grantsAuthority.has(action) && action !== 'delegation.create')
      ? silent
      : forbid(
          `${action} is not possible under a delegation`,
          'the person must act in their own name, with their own token',
        ),
};
