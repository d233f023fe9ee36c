import type { Action } from '@genesis/contracts';
import { grantsAuthority } from '../actions.ts';
import { dominates, isPublic } from '../lattice.ts';
import { forbid, type Rule, silent } from '../rule.ts';

/** Acts on a sealed part that do not look into it. */
const blindToContent: ReadonlySet<Action> = new Set([
  'dataset.import',
  'split.create',
  'split.retire',
  'audit.read',
  'backup.create',
]);

export const sealed: Rule = {
  name: 'sealed',
  says: 'A sealed part is opened by the confirming run of the platform under split.unseal, and read by nobody else.',
  judge: ({ action, resource, handler }) => {
    if (action === 'split.unseal') {
      return handler === 'confirm'
        ? silent
        : forbid('only the confirming run unseals a split', 'freeze a hypothesis on this split and open it');
    }
    if (resource.sealed !== true || blindToContent.has(action)) return silent;
    return forbid('this part of the data is sealed', 'freeze a hypothesis on this split and open it');
  },
};

const onlyBySignIn: ReadonlySet<Action> = new Set(['account.map', 'session.create']);
const bySignIn: ReadonlySet<Action> = new Set([...onlyBySignIn, 'account.link', 'session.end']);

export const signIn: Rule = {
  name: 'sign-in',
  says: 'What a provider says of an account takes effect, and sessions begin, by the sign-in itself and by nobody else.',
  judge: ({ action, handler }) => {
    if (handler === 'sign-in' && bySignIn.has(action))
      return { effect: 'permit', reason: 'the provider vouched for it in a sign-in' };
    return onlyBySignIn.has(action)
      ? forbid(`${action} happens in a sign-in only`, 'the person must sign in (genesis login)')
      : silent;
  },
};

const toOneself: ReadonlySet<Action> = new Set([
  'principal.clear',
  'principal.grant-role',
  'account.link',
  'principal.disable',
]);

export const notOneself: Rule = {
  name: 'not-oneself',
  says: 'Nobody clears, disables or links an account to themselves, or gives themselves a role.',
  judge: ({ principal, action, resource }) =>
    toOneself.has(action) && resource.id === principal.id
      ? forbid(
          `${action} on oneself is not possible`,
          action === 'principal.clear'
            ? `another steward of ${principal.organisation} must do it`
            : 'another administrator must do it',
        )
      : silent,
};

export const bornWithoutClearance: Rule = {
  name: 'born-without-clearance',
  says: 'A new principal has no clearance; a steward gives it afterwards.',
  judge: ({ action, resource }) =>
    action === 'principal.create' && !isPublic(resource.label)
      ? forbid(
          'a new principal starts with the clearance public',
          'create it, then a steward may raise its clearance',
        )
      : silent,
};

export const agentLimits: Rule = {
  name: 'agent-limits',
  says: 'Agents never make principals, roles, clearances or tokens, sign, grant access, retire a split, or lower a label.',
  judge: ({ principal, action, resource, sources }) => {
    if (principal.kind !== 'agent') return silent;
    const lowers =
      action === 'dataset.relabel' &&
      sources?.some((source) => !dominates(resource.label, source.label)) === true;
    return grantsAuthority.has(action) || action === 'split.retire' || lowers
      ? forbid(`an agent may not do ${action}`, 'a person must do it')
      : silent;
  },
};

const approvedForAgents: ReadonlySet<Action> = new Set([
  'dataset.export',
  'campaign.export',
  'model.export',
  'hypothesis.open',
]);

export const agentApproval: Rule = {
  name: 'agent-approval',
  says: 'What an agent cannot take back (exporting, spending from an error budget) needs the approval of a person.',
  judge: ({ principal, action }) =>
    principal.kind === 'agent' && approvedForAgents.has(action)
      ? {
          effect: 'oblige',
          reason: `${action} by an agent needs a person's approval`,
          obligation: 'human_approval',
        }
      : silent,
};
