import {
  type Card,
  isBlank,
  isList,
  isMapping,
  type Mapping,
  type Place,
  placesOf,
  type Value,
} from '../card.ts';
import { fields as allFields, type Check, type Comparison } from '../specification.ts';
import { bodyChecks } from './body.ts';
import { holds } from './condition.ts';
import type { Problem } from './finding.ts';
import { blanksOf } from './required.ts';
import { looks } from './structure.ts';
import { howToFill, quoted } from './write.ts';

/** What is checked, with the text of the file where there is one. */
export type Subject = Card & { readonly text: string };

const examples: Readonly<Record<string, string>> = {
  orcid: 'the full address, "https://orcid.org/0000-0002-1825-0097" for example, or leave it out',
  ror_id: 'the full address, "https://ror.org/05dxps055" for example, or leave it out',
  date: 'a day, as "2026-01-31" in quotes, or "not_applicable"',
  version: 'a version in numbers and in quotes, as "1.0" or "1.0.2"',
};

/** What to write where one comparison does not hold. */
function wording({ op, value, path }: Comparison): string {
  const words = Array.isArray(value) ? quoted(value as readonly string[]) : `"${String(value)}"`;
  switch (op) {
    case 'equals':
      return `write ${words}, in quotes`;
    case 'not_equals':
      return `anything but ${words}`;
    case 'in':
    case 'in_if_filled':
      return `one of ${words}`;
    case 'absent':
      return 'leave it out';
    case 'has_item':
      return `add ${words}`;
    case 'has_no_item':
      return `take ${words} out`;
    case 'has_no_key':
      return `take ${words} out`;
    case 'is_list':
      return 'a list';
    case 'starts_with':
      return `a name that begins with ${words}`;
    case 'matches':
    case 'matches_if_filled':
      return examples['version']!;
    case 'not_matches':
      return 'say what is there and what is not, with numbers';
    default:
      return howToFill(path);
  }
}

const needsAnswer: ReadonlySet<string> = new Set([
  'filled',
  'present',
  'min_items',
  'equals',
  'in',
  'matches',
  'has_item',
]);

function compare(comparison: Comparison, subject: Subject): readonly Problem[] {
  const { path, op } = comparison;
  // What is asked of each item of a list is asked of those that are there; missing ones have a rule of their own.
  const places = placesOf(subject.fields, path).filter(
    ({ value }) => !path.includes('[]') || value !== undefined,
  );
  return places.flatMap((place): readonly Problem[] => {
    const held = holds(place.value, comparison);
    if (held === undefined) {
      const look = looks[op];
      if (look === undefined) throw new Error(`no check ${op}`);
      return look(place, comparison, subject.fields);
    }
    return held
      ? []
      : [
          {
            field: place.path,
            write: wording(comparison),
            missing: needsAnswer.has(op) && isBlank(place.value),
          },
        ];
  });
}

/** Every place below with a key of this name. */
function keysNamed(name: string, value: Value, path: string): Place[] {
  if (isList(value)) return value.flatMap((item, index) => keysNamed(name, item, `${path}[${index}]`));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return [...(key === name ? [{ path: here, value: inner }] : []), ...keysNamed(name, inner, here)];
  });
}

const misfits = (places: readonly Place[], pattern: string, write: string): Problem[] => {
  const expression = new RegExp(pattern);
  return places
    .filter(({ value }) => !isBlank(value) && !(typeof value === 'string' && expression.test(value)))
    .map(({ path }) => ({ field: path, write, missing: false }));
};

const placesOfFields = (fields: Mapping, chosen: (field: (typeof allFields)[number]) => boolean): Place[] =>
  allFields.filter(chosen).flatMap(({ path }) => placesOf(fields, path));

/**
 * What a check finds wrong with a card; nothing where it holds.
 *
 * @param about the field that is named where a judgement of a person is asked for
 * @throws Error for an operation that nobody has written down; a test asks all of them
 */
export function problemsOf(check: Check, subject: Subject, about: string): readonly Problem[] {
  const { fields, text } = subject;
  if ('all' in check) return check.all.flatMap((one) => problemsOf(one, subject, about));
  if ('any' in check) {
    const each = check.any.map((one) => problemsOf(one, subject, about));
    if (each.some((problems) => problems.length === 0)) return [];
    const [first] = each.flat();
    const write = `at least one of ${[...new Set(each.flat().map(({ field }) => field))].join(', ')}`;
    return first === undefined ? [] : [{ ...first, write }];
  }
  if ('judgement' in check)
    return [{ field: about, write: `write "not_applicable" unless ${check.judgement}`, missing: false }];
  if ('fields_with_requirement' in check) return blanksOf(check.fields_with_requirement, fields);
  if ('fields_with_vocabulary_containing' in check) {
    const words = check.fields_with_vocabulary_containing;
    return placesOfFields(fields, ({ vocabulary }) => words.every((word) => vocabulary?.includes(word)))
      .filter(({ value }) => !isBlank(value) && typeof value !== 'string')
      .map(({ path, value }) => {
        const meant = typeof value === 'boolean' ? (value ? '"Yes"' : '"No"') : '"Yes" or "No"';
        return { field: path, write: `write ${meant}, with the quotes`, missing: false };
      });
  }
  if ('fields_with_type' in check)
    return misfits(
      placesOfFields(fields, ({ type }) => type === check.fields_with_type),
      check.value,
      examples['date']!,
    );
  if ('every_key' in check)
    return misfits(
      keysNamed(check.every_key, fields, ''),
      check.value,
      examples[check.every_key] ?? 'leave it out',
    );
  if ('text_op' in check) {
    const found = new RegExp(check.value).exec(text);
    if (found === null) return [];
    const line = text.slice(0, found.index).split('\n').length;
    return [{ field: 'text', write: `replace "${found[0].slice(0, 40)}" on line ${line}`, missing: false }];
  }
  if ('body_op' in check) return bodyChecks[check.body_op](subject);
  return compare(check, subject);
}
