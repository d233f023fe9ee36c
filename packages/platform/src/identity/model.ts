import {
  type Label,
  labelSchema,
  organisationKindSchema,
  principalKindSchema,
  roleSchema,
} from '@genesis/contracts';
import { z } from 'zod';

/** Names of organisations and principals: they are shown in tables, so they hold no control characters. */
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cf}]+$/u, 'control characters are not allowed');

export const newOrganisationSchema = z.strictObject({
  name: nameSchema,
  kind: organisationKindSchema.default('other'),
});
export const newPrincipalSchema = z.strictObject({
  kind: principalKindSchema,
  name: nameSchema,
  organisation: z.string().max(100),
});
export const grantRoleSchema = z.strictObject({
  organisation: z.string().max(100),
  role: roleSchema,
  expiresAt: z.iso.datetime().optional(),
});
export const clearSchema = z.strictObject({ clearance: labelSchema });
export const newTokenSchema = z.strictObject({
  name: nameSchema,
  /** What the token may do: `*`, a noun (`dataset.*`) or an act (`dataset.read`). */
  scopes: z
    .array(z.string().regex(/^(\*|[a-z]+\.(\*|[a-z-]+))$/, 'expected "*", "dataset.*" or "dataset.read"'))
    .min(1)
    .max(50)
    .default(['*']),
  days: z.int().min(1).max(366).default(30),
});

export type NewOrganisation = z.infer<typeof newOrganisationSchema>;
export type NewPrincipal = z.infer<typeof newPrincipalSchema>;
export type NewToken = z.infer<typeof newTokenSchema>;

/** What everyone is cleared for. */
export const noClearance: Label = { level: 'public', categories: [] };
