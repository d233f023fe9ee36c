import { invalidField } from '@genesis/contracts';
import { type FacetName, type Filters, facetNames, queryLimits } from './model.ts';

/** A word, or the words of a phrase, and whether it must not be there. */
export type Term = { text: string; phrase: boolean; not: boolean };

export type Query = { terms: Term[]; filters: Filters };

/** One piece of a query: an optional minus, an optional facet, and text in quotes or without spaces. */
const piece = /(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"|([^\s"]+))/gu;

const isFacet = (name: string): name is FacetName => (facetNames as readonly string[]).includes(name);

const wrong = (message: string) => invalidField('query.q', message);

function add(values: Record<string, string[]>, facet: FacetName, value: string): void {
  values[facet] = [...(values[facet] ?? []), value];
}

/**
 * Reads the language of searches: words, "phrases", -not, facet:value and -facet:value. Costs are bounded by
 * `queryLimits`; nothing in it is an operator of the database.
 *
 * @throws GenesisError `invalid-input` that says what is allowed
 */
export function readQuery(q: string, given: Filters['only'] = {}): Query {
  const { characters, terms: most, wordCharacters, values } = queryLimits;
  if (q.length > characters) throw wrong(`expected at most ${characters} characters`);
  if (/[\p{Cc}\p{Cs}]/u.test(q)) throw wrong('control characters are not allowed');
  const only: Record<string, string[]> = {};
  const without: Record<string, string[]> = {};
  for (const [facet, all] of Object.entries(given))
    for (const value of all) add(only, facet as FacetName, value);
  const terms: Term[] = [];
  let pieces = 0;
  for (const [, minus, facet, quoted, bare] of q.matchAll(piece)) {
    if (++pieces > most) throw wrong(`expected at most ${most} words, phrases and filters`);
    const text = (quoted ?? bare ?? '').trim();
    if (text.length > wordCharacters)
      throw wrong(`a word or phrase has at most ${wordCharacters} characters`);
    if (text === '' || text === '-') continue;
    const not = minus === '-';
    if (facet === undefined) {
      terms.push({ text, phrase: quoted !== undefined, not });
      continue;
    }
    const name = facet.toLowerCase();
    if (!isFacet(name)) {
      throw wrong(
        `there is no facet "${facet}"; there are ${facetNames.join(', ')}. Put text with a colon in quotes.`,
      );
    }
    add(not ? without : only, name, text);
  }
  for (const filters of [only, without]) {
    for (const [facet, all] of Object.entries(filters)) {
      if (all.length > values) throw wrong(`expected at most ${values} values of ${facet}`);
    }
  }
  return { terms, filters: { only, without } };
}
