import { plain } from '../terminal/plain.ts';
import { table } from '../terminal/table.ts';
import { formatLabel } from './label.ts';

type Label = Parameters<typeof formatLabel>[0];
export type SearchHit = {
  id: string;
  name: string;
  snippet: string;
  shown: 'dataset' | 'card' | 'both';
  label: Label;
  licences: string[];
  readiness: number | null;
  ask: string | null;
};
type Facets = readonly { facet: string; values: readonly { value: string; count: number }[] }[];

const cells = 20;
const fewValues = 5;

/** Facets as a small table: the values of each with a bar, the longest for the most. */
export function describeFacets(facets: Facets): string {
  const rows = facets.flatMap(({ facet, values }) => {
    const most = Math.max(...values.map(({ count }) => count));
    const lines = values.slice(0, fewValues).map(({ value, count }, index) => {
      const bar = '█'.repeat(Math.max(1, Math.round((cells * count) / most)));
      return [index === 0 ? facet : '', value, count, bar];
    });
    const left = values.length - lines.length;
    return left > 0 ? [...lines, ['', `and ${left} more`, '', '']] : lines;
  });
  return rows.length === 0 ? '' : table(['Facet', 'Value', 'Count', ''], rows);
}

/** The total as it is known: a number, or a lower bound that says so. */
export const describeTotal = ({ count, exact }: { count: number; exact: boolean }): string =>
  exact
    ? `${count} ${count === 1 ? 'hit' : 'hits'}`
    : `more than ${count} hits (facets count the newest ${count})`;

function describeHit(
  { id, name, snippet, shown, label, licences, readiness, ask }: SearchHit,
  mark: string,
): string {
  const told = [
    formatLabel(label),
    ...(licences.length === 0 ? [] : [licences.join(', ')]),
    ...(readiness === null ? [] : [`AI-readiness ${Math.round(readiness)}`]),
    ...(shown === 'card' ? ['card only'] : []),
  ];
  const lines = [`${plain(id)}  ${plain(name)}${mark}`, `  ${plain(told.join(' · '))}`];
  const text = plain(snippet.replaceAll(/\s+/g, ' ').trim());
  return [...lines, ...(text === '' ? [] : [`  ${text}`]), ...(ask === null ? [] : [`  ${plain(ask)}`])].join(
    '\n',
  );
}

export const describeHits = (hits: readonly (SearchHit & { fresh?: boolean })[]): string =>
  hits.map((hit) => describeHit(hit, hit.fresh === true ? '  (new)' : '')).join('\n\n');
