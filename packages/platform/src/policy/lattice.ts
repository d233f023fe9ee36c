import { type Conditions, type Label, type Level, levels, type Purpose, purposes } from '@genesis/contracts';

/*
 * Labels are points of a join semilattice: (level, set of categories), ordered by "level at least as high and
 * all categories included". The lists are sorted and unique, as the schema of labels makes them. A list that is
 * not can make `dominates` say no where yes were right, never the other way round, and `join` loses nothing.
 */

const rank: Record<Level, number> = { public: 0, internal: 1, controlled: 2, classified: 3 };

/** Public, without categories: what everyone is cleared for. */
export const bottom: Label = Object.freeze({
  level: levels[0],
  categories: Object.freeze([]) as unknown as string[],
});

/** The conditions of something that has no sources: no licence, every purpose, nothing demanded. */
export const unrestricted: Conditions = Object.freeze({
  licences: [],
  purposes: [...purposes].sort(),
  agreements: [],
  origins: [],
  needsAgreement: false,
  needsGrant: [],
  embargoUntil: null,
  environments: null,
});

/** True only if every element of `small` is in `large`; both sorted. One pass. */
export function isSubset(small: readonly string[], large: readonly string[]): boolean {
  if (small.length > large.length) return false;
  let at = 0;
  for (const item of small) {
    while (at < large.length && large[at] !== item) at++;
    if (at === large.length) return false;
    at++;
  }
  return true;
}

function union<T extends string>(a: T[], b: T[]): T[] {
  if (isSubset(b, a)) return a;
  if (isSubset(a, b)) return b;
  return [...new Set([...a, ...b])].sort();
}

/** True if whoever is cleared for `a` is cleared for `b`. A partial order: some labels are apart. */
export function dominates(a: Label, b: Label): boolean {
  return rank[a.level] >= rank[b.level] && isSubset(b.categories, a.categories);
}

export function equals(a: Label, b: Label): boolean {
  return dominates(a, b) && dominates(b, a);
}

/** How `a` stands to `b`; `apart` means that neither dominates the other. */
export function compare(a: Label, b: Label): 'equal' | 'above' | 'below' | 'apart' {
  const up = dominates(a, b);
  const down = dominates(b, a);
  if (up) return down ? 'equal' : 'above';
  return down ? 'below' : 'apart';
}

/** The least label that dominates both: the label of what is derived from both. */
export function join(a: Label, b: Label): Label {
  if (dominates(a, b)) return a;
  if (dominates(b, a)) return b;
  return {
    level: rank[a.level] >= rank[b.level] ? a.level : b.level,
    categories: union(a.categories, b.categories),
  };
}

const later = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && b > a) ? b : a;

const shared = (a: string[] | null, b: string[] | null): string[] | null =>
  a === null ? b : b === null ? a : a.filter((name) => b.includes(name));

/** The conditions of what is derived from both: what they demand adds up, what they allow shrinks. */
export function joinConditions(a: Conditions, b: Conditions): Conditions {
  return {
    licences: union(a.licences, b.licences),
    purposes: a.purposes.filter((purpose) => b.purposes.includes(purpose)),
    agreements: union(a.agreements, b.agreements),
    origins: union(a.origins, b.origins),
    needsAgreement: a.needsAgreement || b.needsAgreement,
    needsGrant: union(a.needsGrant, b.needsGrant),
    embargoUntil: later(a.embargoUntil, b.embargoUntil),
    environments: shared(a.environments, b.environments),
  };
}

/** True if `a` permits nothing that `b` does not, and demands everything that `b` demands. */
export function atLeastAsStrict(a: Conditions, b: Conditions): boolean {
  return (
    a.purposes.every((purpose) => b.purposes.includes(purpose)) &&
    isSubset(b.licences, a.licences) &&
    isSubset(b.agreements, a.agreements) &&
    isSubset(b.origins, a.origins) &&
    (a.needsAgreement || !b.needsAgreement) &&
    isSubset(b.needsGrant, a.needsGrant) &&
    later(a.embargoUntil, b.embargoUntil) === a.embargoUntil &&
    (b.environments === null || a.environments?.every((name) => b.environments?.includes(name)) === true)
  );
}

/** Nothing is demanded of whoever uses it, and it is free for every purpose. */
const isFree = (conditions: Conditions): boolean =>
  purposes.every((each) => conditions.purposes.includes(each)) &&
  conditions.agreements.length === 0 &&
  !conditions.needsAgreement &&
  conditions.needsGrant.length === 0;

export function isPublic(label: Label): boolean {
  return label.level === 'public' && label.categories.length === 0;
}

/**
 * Whether data under these conditions may be used for a purpose. Without one, only what is public and free for
 * every purpose without any demand may be used: leaving the purpose out never gives more than stating it.
 */
export function purposeFits(purpose: Purpose | null, label: Label, conditions: Conditions): boolean {
  if (purpose !== null) return conditions.purposes.includes(purpose);
  return isPublic(label) && isFree(conditions);
}

function withCategories(level: Level, categories: readonly string[]): string {
  if (categories.length === 0) return level;
  if (categories.length === 1) return `${level} with category ${categories[0]}`;
  return `${level} with categories ${categories.slice(0, -1).join(', ')} and ${categories.at(-1)}`;
}

/** A label in words: "controlled with categories cui and pii". */
export const describeLabel = ({ level, categories }: Label): string => withCategories(level, categories);

/** What must be added to a clearance that does not dominate the label: the level, and the categories it lacks. */
export function describeMissing(clearance: Label, label: Label): string {
  const level = rank[clearance.level] >= rank[label.level] ? clearance.level : label.level;
  return withCategories(
    level,
    label.categories.filter((category) => !clearance.categories.includes(category)),
  );
}
