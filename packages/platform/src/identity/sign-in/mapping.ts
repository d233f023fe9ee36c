import type { Label, Role } from '@genesis/contracts';
import { bottom, join, platformOrganisation } from '../../policy/index.ts';
import type { MappingRule } from './settings.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** What the configuration gives to whoever has some claims. The organisation is an id or a name. */
export type Gift = {
  organisation: string;
  roles: Role[];
  platformRoles: Role[];
  clearance: Label;
};

/** A claim by its name, or by a JSON pointer (`/realm_access/roles`) into a nested one. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  if (!name.startsWith('/')) return undefined;
  let at: unknown = claims;
  for (const step of name.slice(1).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key))
      return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** Types count: the text "true" is not the value true. */
const has = (claims: Claims, name: string, wanted: string | number | boolean): boolean => {
  const value = claimAt(claims, name);
  return Array.isArray(value) ? value.includes(wanted) : value === wanted;
};

const applies = ({ when }: MappingRule, claims: Claims): boolean =>
  when === 'everyone' || Object.entries(when).every(([name, wanted]) => has(claims, name, wanted));

/**
 * What claims give: all that the rules which apply say, and nothing else. Clearances join. Deny by default: without a
 * rule that names an organisation, or with rules that name several, the answer is `none` or `several`.
 */
export function mapClaims(rules: readonly MappingRule[], claims: Claims): Gift | 'none' | 'several' {
  const matching = rules.filter((rule) => applies(rule, claims));
  const organisations = new Set(matching.flatMap(({ organisation }) => organisation ?? []));
  const [organisation] = organisations;
  if (organisation === undefined) return 'none';
  if (organisations.size > 1) return 'several';
  return {
    organisation,
    roles: [...new Set(matching.flatMap(({ roles }) => roles))].sort(),
    platformRoles: [...new Set(matching.flatMap(({ platformRoles }) => platformRoles))].sort(),
    clearance: matching.reduce<Label>((all, { clearance }) => join(all, clearance ?? bottom), bottom),
  };
}

/** The roles of a gift as they are bound: in the organisation, and on the platform itself. */
export const rolesOf = ({ roles, platformRoles }: Gift, organisation: string) => [
  ...roles.map((role) => ({ organisation, role })),
  ...platformRoles.map((role) => ({ organisation: platformOrganisation, role })),
];
