import { type Field, fields } from '../specification.ts';

const byPath: ReadonlyMap<string, Field> = new Map(
  fields.map((field) => [field.path.replaceAll('[]', ''), field]),
);

/** The field of the specification at a path of a card, `authors[2].person.orcid` for example. */
export const fieldAt = (path: string): Field | undefined => byPath.get(path.replace(/\[\d*\]/g, ''));

/** Words in quotes, as they are written into a card. */
export const quoted = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(', ');

/** What to write into a field that is blank. */
export function howToFill(path: string): string {
  const field = fieldAt(path);
  if (field === undefined) return `fill ${path}`;
  const { summary, vocabulary, type, suggested } = field;
  if (vocabulary === undefined) return type === 'date' ? `${summary} A day, as "2026-01-31".` : summary;
  const words = quoted(vocabulary);
  if (suggested) return `${summary} For example one of ${words}.`;
  if (vocabulary.length === 1) return `${summary} Write ${words}.`;
  return `${summary} ${type === 'list' ? 'Any' : 'One'} of ${words}.`;
}
