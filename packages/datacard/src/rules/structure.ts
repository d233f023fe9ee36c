import {
  at,
  isBlank,
  isMapping,
  listOf,
  type Mapping,
  type Place,
  textOf,
  type Value,
  valueAt,
} from '../card.ts';
import { type Comparison, spdxIds } from '../specification.ts';
import type { Problem } from './finding.ts';
import { howToFill, quoted } from './write.ts';

/* Comparisons that look into a value or beside it, and say what is wrong themselves. */

type Look = (place: Place, comparison: Comparison, fields: Mapping) => readonly Problem[];

const wrong = (field: string, write: string): Problem => ({ field, write, missing: false });
const wordsOf = ({ value }: Comparison): readonly string[] => (Array.isArray(value) ? value : []);

/** A name as a file name has it: `SANS, Core-Shell` is `sans_core_shell`. */
export const snake = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

const repeats = (items: readonly Value[]): readonly Value[] =>
  items.filter((item, index) => items.indexOf(item) < index);

/** A feature that is only a name, as text or as a mapping. */
const isNameOnly = (item: Value): boolean =>
  !isMapping(item) || Object.entries(item).every(([key, value]) => key === 'name' || isBlank(value));

const isStated = (value: Value | undefined): boolean => !isBlank(value) && value !== 'not_applicable';

export const looks: Readonly<Record<string, Look>> = {
  exactly_one_key_of: ({ path, value }, comparison) => {
    const filled = wordsOf(comparison).filter((key) => !isBlank(at(value, key)));
    if (filled.length === 1) return [];
    const write = `fill exactly one of ${quoted(wordsOf(comparison))}${filled.length > 1 ? ' and delete the others' : ''}`;
    return [{ field: path, write, missing: filled.length === 0 }];
  },
  keys_filled: ({ path, value }, comparison) =>
    wordsOf(comparison)
      .filter((key) => isBlank(valueAt({ it: value ?? null }, `it.${key}`)))
      .map((key) => ({ field: `${path}.${key}`, write: howToFill(`${path}.${key}`), missing: true })),
  keys_blank: ({ path, value }, comparison) =>
    wordsOf(comparison)
      .filter((key) => isStated(at(value, key)))
      .map((key) => wrong(`${path}.${key}`, 'leave it out, or say that there is one')),
  unique_items: ({ path, value }) =>
    repeats(listOf(value)).map((item) => wrong(path, `keep ${JSON.stringify(item)} once`)),
  items_same_shape: ({ path, value }) =>
    new Set(listOf(value).map(isNameOnly)).size > 1
      ? [wrong(path, 'give every feature only a name, or every feature its type, unit and description')]
      : [],
  at_most_one_item_with: ({ path, value }, { key = '', value: marked }) =>
    listOf(value).filter((item) => at(item, key) === marked).length > 1
      ? [wrong(path, `keep ${key}: ${JSON.stringify(marked)} on one of them`)]
      : [],
  first_item_has_key: ({ path, value }, { value: key }) =>
    valueAt({ it: listOf(value)[0] ?? null }, `it.${String(key)}`) === undefined
      ? [wrong(`${path}[0]`, 'put the draft by the model first, and the review by a person after it')]
      : [],
  last_item_key_equals: ({ path, value }, { key = '', other = '' }, fields) => {
    const items = listOf(value);
    const wanted = valueAt(fields, other);
    if (items.length === 0 || at(items.at(-1), key) === wanted) return [];
    return [
      wrong(
        `${path}[${items.length - 1}].${key}`,
        `write ${JSON.stringify(wanted ?? null)}, as ${other} says, or raise that`,
      ),
    ];
  },
  equals_path: ({ path, value }, { other = '' }, fields) =>
    value === valueAt(fields, other) ? [] : [wrong(path, `write the same as in ${other}`)],
  equals_template: ({ path, value }, { value: template }, fields) => {
    const wanted = String(template).replace(/\{snake\(([^)]*)\)\}/, (_all, from: string) =>
      snake(textOf(valueAt(fields, from) ?? '')),
    );
    return value === wanted ? [] : [{ field: path, write: `write "${wanted}"`, missing: isBlank(value) }];
  },
  spdx_or_in: ({ path, value }, comparison) =>
    isBlank(value) ||
    (typeof value === 'string' && (spdxIds.has(value) || wordsOf(comparison).includes(value)))
      ? []
      : [
          wrong(
            path,
            `an identifier of the SPDX list, "CC-BY-4.0" for example, or one of ${quoted(wordsOf(comparison))}`,
          ),
        ],
};
