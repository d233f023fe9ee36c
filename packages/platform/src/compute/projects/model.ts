import { conditionsSchema, labelSchema, whenSpentSchema } from '@genesis/contracts';
import { z } from 'zod';

/** Shown in tables, so that it holds no control characters. */
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cf}]+$/u, 'control characters are not allowed');

export const newProjectSchema = z.strictObject({
  name: nameSchema,
  description: z.string().max(2000).default(''),
  /** What its files and jobs carry; it does not change. */
  label: labelSchema.prefault({ level: 'public' }),
  conditions: conditionsSchema.prefault({}),
});
export type NewProject = z.infer<typeof newProjectSchema>;

const time = z.iso.datetime({ offset: true });

export const newAllocationSchema = z.strictObject({
  /** Allocation units by the price of the resource. */
  granted: z.number().min(0).max(1e12),
  whenSpent: whenSpentSchema.default('stop'),
  startsAt: time.optional(),
  endsAt: time.nullable().default(null),
});
export type NewAllocation = z.infer<typeof newAllocationSchema>;

export const newShareSchema = z.strictObject({
  /** Of the project's allocation, in the same units. */
  granted: z.number().min(0).max(1e12),
});
