import type { Purpose } from '@genesis/contracts';

/**
 * What somebody may see of a thing: the dataset alone, its card alone (the public face of a hidden dataset), or both. To
 * one person exactly one of them is shown.
 */
export type Face = 'dataset' | 'card' | 'both';

/** Facets that a search can be narrowed by, and is counted by. `facets.ts` says what feeds each. */
export const facetNames = [
  'field',
  'facility',
  'instrument',
  'sample',
  'format',
  'size',
  'readiness',
  'year',
  'licence',
  'level',
  'category',
  'purpose',
  'organisation',
] as const;
export type FacetName = (typeof facetNames)[number];
export type FacetValues = Partial<Record<FacetName, readonly string[]>>;

export const sorts = ['relevance', 'newest', 'name', 'size', 'readiness'] as const;
export type Sort = (typeof sorts)[number];

/** Values of one facet: any of them. Facets: all of them. */
export type Filters = { readonly only: FacetValues; readonly without: FacetValues };

/** A search as it was written: words and filters, without a place in its pages. */
export type SavedSearch = { q: string; only: FacetValues; sort: Sort; purpose: Purpose };

/** Up to this many matches are counted exactly, ranked and grouped by facet: the newest. What goes beyond is said. */
export const counted = 1000;
/** Values of one facet that are told. */
export const valuesOfFacet = 20;
/** How long one search may keep the database. */
export const searchMs = 5000;

/** Bounds of a query, so that none is expensive to read. */
export const queryLimits = { characters: 400, terms: 16, wordCharacters: 100, values: 20 };
