import { labelSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { SearchResult } from './search.ts';

export const hitView = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** A piece of its description; words that were looked for stand between **. */
  snippet: z.string(),
  /** `dataset`, its `card` alone (a public face of what is hidden from you), or `both`. */
  shown: z.enum(['dataset', 'card', 'both']),
  label: labelSchema,
  licences: z.array(z.string()),
  organisation: z.string().nullable(),
  /** AI-readiness of the card, 0 to 100; null without one. */
  readiness: z.number().nullable(),
  /** 0 where it is not known. */
  bytes: z.number(),
  createdAt: z.string(),
  /** How to ask for the dataset, where its card alone is shown; else null. */
  ask: z.string().nullable(),
});

export const viewHit = ({ hit }: SearchResult['hits'][number]): z.output<typeof hitView> => ({
  ...hit,
  label: { level: hit.label.level, categories: [...hit.label.categories] },
  licences: [...hit.licences],
  createdAt: new Date(hit.createdAt).toISOString(),
});
