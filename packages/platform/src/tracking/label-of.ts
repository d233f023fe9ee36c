import { invalidField, type Label, labelSchema, levels } from '@genesis/contracts';
import { bottom, dominates, type PrincipalFacts } from '../policy/index.ts';
import { assertOwnTag, labelTag } from './limits.ts';
import type { Tag } from './tables.ts';

/**
 * The label that is asked for by the tag `genesis.label` (a level, and categories after `+`). Without one it is `internal`
 * for whoever is cleared for that, so that nothing is public by accident, else public.
 */
export function labelOf({ clearance }: PrincipalFacts, tags: readonly Tag[]): Label {
  const wanted = tags.find(({ key }) => key === labelTag);
  if (wanted === undefined) {
    const internal: Label = { level: 'internal', categories: [] };
    return dominates(clearance, internal) ? internal : bottom;
  }
  const [level, ...categories] = wanted.value.split('+');
  const parsed = labelSchema.safeParse({ level, categories });
  if (parsed.success) return parsed.data;
  throw invalidField(
    labelTag,
    `expected a level (${levels.join(', ')}), and categories after "+": for example controlled+cui`,
  );
}

/** The tags to keep of those that came with something new. */
export function ownTags(tags: readonly Tag[]): Tag[] {
  const kept = tags.filter(({ key }) => key !== labelTag);
  for (const { key } of kept) assertOwnTag(key);
  return kept;
}
