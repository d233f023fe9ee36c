import {
  bottom,
  type PrincipalFacts,
  platformOrganisation,
  type ResourceFacts,
  unrestricted,
} from '../policy/index.ts';

/** Facts about the platform itself, for acts that concern no governed thing. */
export const platformFacts: ResourceFacts = {
  kind: 'platform',
  id: 'platform',
  organisation: null,
  label: bottom,
  conditions: unrestricted,
};

/** The platform acting for itself, when it seeds what ships with it. It has no clearance beyond what is public. */
export const platformPrincipal: PrincipalFacts = {
  id: 'platform',
  kind: 'service',
  organisation: platformOrganisation,
  clearance: bottom,
  roles: [{ organisation: platformOrganisation, role: 'operator' }],
  tokenScopes: ['*'],
};
