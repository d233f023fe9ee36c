import type { PrincipalFacts } from '../policy/index.ts';

/** Whether the principal holds the role of a steward there at that moment. */
export const isStewardOf = ({ roles }: PrincipalFacts, organisation: string, at: number): boolean =>
  roles.some(
    (one) =>
      one.role === 'steward' &&
      one.organisation === organisation &&
      (one.expiresAt === undefined || at < one.expiresAt),
  );
