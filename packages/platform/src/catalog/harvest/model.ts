import { conditionsSchema, idSchema, labelSchema } from '@genesis/contracts';
import { z } from 'zod';

export const harvestKinds = ['dcat-us', 'croissant', 'oai-pmh', 'genesis'] as const;
export type HarvestKind = (typeof harvestKinds)[number];
export const harvestStates = ['idle', 'running', 'failed'] as const;
export type HarvestState = (typeof harvestStates)[number];

/** Records of one harvest: seen, new, changed, and those that are not there any more. */
export type HarvestCounts = { seen: number; added: number; changed: number; vanished: number };
export const noCounts: HarvestCounts = { seen: 0, added: 0, changed: 0, vanished: 0 };

/** A catalog to harvest. Label and conditions hold for everything from there, beside the licences that its records state. */
export const harvestRequestSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected an address that begins with https:// or http://' })
    .max(2000),
  kind: z.enum(harvestKinds),
  organisation: idSchema('organisation').exactOptional(),
  label: labelSchema.prefault({ level: 'public' }),
  conditions: conditionsSchema.prefault({}),
});
export type HarvestRequest = z.output<typeof harvestRequestSchema>;
