import { z } from 'zod';

/** Levels from least to most restricted. The order of this list is the order of the lattice. */
export const levels = ['public', 'internal', 'controlled', 'classified'] as const;
export const levelSchema = z.enum(levels);
export type Level = z.infer<typeof levelSchema>;

/**
 * A handling category, for example `cui`, `export:ear`, `export:itar`, `pii` or `proprietary:org_...`.
 * Lower case; a family and a member are separated by a colon.
 */
export const categorySchema = z
  .string()
  .max(100)
  .regex(
    /^[a-z][a-z0-9-]*(:[a-z0-9][a-z0-9_-]*)?$/,
    'a category is lower-case words, for example "cui" or "export:ear"',
  );

/** What may be done with data, as agreements and data cards name it. */
export const purposes = ['explore', 'train', 'infer', 'evaluate', 'publish'] as const;
export const purposeSchema = z.enum(purposes);
export type Purpose = z.infer<typeof purposeSchema>;

/** Sorted, without repetitions, so that equal labels have equal JSON. */
const sortedSet = <T extends z.ZodType<string>>(item: T) =>
  z
    .array(item)
    .max(64)
    .overwrite((values) => [...new Set(values)].sort());

export const labelSchema = z.strictObject({
  level: levelSchema,
  categories: sortedSet(categorySchema).default([]),
});
/** A point of the lattice: a level and a set of categories (sorted, unique). */
export type Label = z.infer<typeof labelSchema>;

/** The conditions of the sources, which travel with everything derived from them. */
export const conditionsSchema = z.strictObject({
  /** Licences of the sources, as SPDX identifiers or `LicenseRef-...`. Union under join. */
  licences: sortedSet(z.string().min(1).max(100)).default([]),
  /** What the sources may be used for. Intersection under join. */
  purposes: sortedSet(purposeSchema).default([...purposes].sort()),
  /** Agreements that bind whoever uses it, as opaque ids: all of them must be in force. Union under join. */
  agreements: sortedSet(z.string().min(1).max(100)).default([]),
  /** The governed datasets that it comes from: a grant for each of them opens it to outsiders. Union under join. */
  origins: sortedSet(z.string().min(1).max(100)).default([]),
  /** An agreement has to stand behind every use, one that binds it or one that a grant rests on. */
  needsAgreement: z.boolean().default(false),
  /** Purposes for which members of the owning organisation need a grant too. Union under join. */
  needsGrant: sortedSet(purposeSchema).default([]),
  /** Nothing of it is published before this day (UTC). The later day under join. */
  embargoUntil: z.iso.date().nullable().default(null),
  /** Names of the machines that may hold it; null where none is prescribed. Intersection under join. */
  environments: sortedSet(z.string().min(1).max(200)).nullable().default(null),
});
export type Conditions = z.infer<typeof conditionsSchema>;
