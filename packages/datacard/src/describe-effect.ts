import type { Effect } from './governance-rows.ts';

/** A row of the mapping in words, as documents and the command line show it. */
export function describeEffect({
  level,
  categories = [],
  purposes = {},
  agreements,
  approvals = [],
  humanReview,
}: Effect): string {
  const named = categories.length === 0 ? '' : ` with ${categories.map((name) => `\`${name}\``).join(', ')}`;
  const opens = Object.entries(purposes).map(([purpose, open]) => `${purpose} ${open}`);
  const parts = [
    ...(level === undefined ? [] : [`at least ${level}${named}`]),
    ...opens,
    ...(agreements === undefined
      ? []
      : [agreements.length === 0 ? 'an agreement' : `an agreement: ${agreements.join(', ')}`]),
    ...(approvals.length === 0 ? [] : [`approval: ${approvals.join(', ')}`]),
    ...(humanReview ? ['a person reviews what is derived'] : []),
  ];
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}
