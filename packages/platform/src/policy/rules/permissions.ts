import { type Action, actions } from '@genesis/contracts';
import { openActions, rolesFor } from '../actions.ts';
import { isPublic } from '../lattice.ts';
import { type PrincipalFacts, platformOrganisation } from '../request.ts';
import { forbid, type Rule, silent } from '../rule.ts';

/**
 * The first role that permits the action on something of this organisation. A platform administrator administers
 * every organisation; no other role reaches beyond the organisation that it is bound to.
 */
export function permittingRole(
  principal: PrincipalFacts,
  action: Action,
  organisation: string | null,
  at: number,
): string | undefined {
  const allowed = rolesFor[action];
  const owner = organisation ?? platformOrganisation;
  for (const binding of principal.roles) {
    const reaches =
      binding.organisation === owner ||
      (binding.role === 'administrator' && binding.organisation === platformOrganisation);
    if (
      reaches &&
      allowed.includes(binding.role) &&
      (binding.expiresAt === undefined || at < binding.expiresAt)
    ) {
      return binding.role;
    }
  }
  return undefined;
}

const insideProjects: ReadonlySet<Action> = new Set([
  'job.submit',
  'job.update',
  'job.cancel',
  'file.read',
  'file.write',
]);

export const membersOnly: Rule = {
  name: 'members-only',
  says: 'Files of a project, and jobs in it, are for its members; stewards and operators may cancel jobs too.',
  judge: ({ principal, action, resource, at }) => {
    const { members, organisation } = resource;
    if (!insideProjects.has(action) || members === undefined || members.includes(principal.id)) return silent;
    if (
      action === 'job.cancel' &&
      permittingRole(principal, 'project.manage', organisation, at) !== undefined
    )
      return silent;
    return forbid(
      'you are no member of the project',
      `a steward or an operator of ${organisation ?? 'the platform'} must add you to the project`,
    );
  },
};

const roleNames = Object.fromEntries(
  actions.map((action) => [action, rolesFor[action].join(' or ')]),
) as Record<Action, string>;

export const roleInOrganisation: Rule = {
  name: 'role-in-organisation',
  says: 'A role in the organisation that owns the resource permits the actions of that role.',
  judge: ({ principal, action, resource, at }) => {
    const owner = resource.organisation ?? 'the platform';
    const role = permittingRole(principal, action, resource.organisation, at);
    if (role !== undefined) return { effect: 'permit', reason: `${role} of ${owner} may do ${action}` };
    if (rolesFor[action].length === 0) return silent;
    return {
      effect: 'silent',
      needed: [`an administrator of ${owner} must give you the role ${roleNames[action]} there`],
    };
  },
};

export const publicToAll: Rule = {
  name: 'public-to-all',
  says: 'What is public, without categories, may be read by every principal.',
  judge: ({ action, resource }) =>
    openActions.has(action) && isPublic(resource.label)
      ? { effect: 'permit', reason: 'public things may be read by every principal' }
      : silent,
};

const onOneself: ReadonlySet<Action> = new Set([
  'token.create',
  'token.revoke',
  'session.read',
  'session.end',
]);

export const ownCredentials: Rule = {
  name: 'own-credentials',
  says: 'Every principal may make and revoke their own tokens, and see and end their own sessions.',
  judge: ({ principal, action, resource }) =>
    onOneself.has(action) && resource.kind === 'principal' && resource.id === principal.id
      ? { effect: 'permit', reason: 'it is your own token or session' }
      : silent,
};
