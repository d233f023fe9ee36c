import { isBlank, isList, isMapping, type Mapping, notApplicable, placesOf, type Value } from '../card.ts';
import { fields as allFields, type Field, rules } from '../specification.ts';
import type { Finding } from './finding.ts';
import { howToFill, quoted } from './write.ts';

/* Types and vocabularies of the list of fields. They are no rules of the specification, so they have ids of their own. */

/** Fields of which the specification says two things, list or single value: a rule of its own speaks of them. */
const eitherWay: ReadonlySet<string> = new Set(
  rules.flatMap(({ check }) =>
    check !== null && 'op' in check && check.op === 'is_list' && 'path' in check ? [check.path] : [],
  ),
);

type Wrong = { rule: 'FIELD-TYPE' | 'FIELD-VOCABULARY'; message: string; write: string };

/** Whether a text is a day of the calendar: 2026-02-30 is none. */
export function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

const wrongType = (field: Field, expected: string): Wrong => ({
  rule: 'FIELD-TYPE',
  message: `Expected ${expected}.`,
  write: howToFill(field.path),
});

function wrongWord(field: Field, value: Value): Wrong | undefined {
  const { vocabulary, suggested, requirement } = field;
  if (typeof value !== 'string') return wrongType(field, 'text, in quotes');
  if (vocabulary === undefined || suggested || vocabulary.includes(value)) return undefined;
  // What is asked for only if it applies may not apply, whether or not its words say so.
  if (value === notApplicable && requirement.endsWith('_if_applicable')) return undefined;
  return {
    rule: 'FIELD-VOCABULARY',
    message: `${JSON.stringify(value.slice(0, 60))} is not one of the words for this field.`,
    write: `one of ${quoted(vocabulary)}`,
  };
}

/** What is wrong with one value; undefined where nothing is. Blank is never wrong here. */
export function wrongValue(field: Field, value: Value | undefined): Wrong | undefined {
  if (isBlank(value)) return undefined;
  const given = value!;
  switch (field.type) {
    case 'list': {
      if (!isList(given)) {
        if (given === notApplicable) return undefined;
        return eitherWay.has(field.path) ? wrongWord(field, given) : wrongType(field, 'a list');
      }
      if (field.vocabulary === undefined) return undefined;
      return given
        .filter((item) => !isBlank(item))
        .map((item) => wrongWord(field, item))
        .find((wrong) => wrong !== undefined);
    }
    case 'number':
      return (typeof given === 'number' && Number.isFinite(given)) || given === notApplicable
        ? undefined
        : wrongType(field, 'a number, without quotes');
    case 'boolean':
      return typeof given === 'boolean' ? undefined : wrongType(field, 'true or false');
    case 'date':
      return typeof given === 'string' && (given === notApplicable || isDay(given))
        ? undefined
        : wrongType(field, 'a day of the calendar');
    default:
      return isList(given) || isMapping(given) ? wrongType(field, 'one text') : wrongWord(field, given);
  }
}

type Tree = Map<string, Tree>;
const anything = '{FIELD_NAME}';

const known: Tree = new Map();
for (const { path } of allFields) {
  let tree = known;
  for (const segment of path.split('.')) {
    const key = segment.replace('[]', '');
    const next = tree.get(key) ?? new Map();
    tree.set(key, next);
    tree = next;
  }
}

/** Paths that no field of the specification has. Below a leaf anything goes: some lists have items with keys. */
function strangers(value: Value, tree: Tree, path: string): string[] {
  if (isList(value)) return value.flatMap((item, index) => strangers(item, tree, `${path}[${index}]`));
  if (!isMapping(value) || tree.size === 0) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = path === '' ? key : `${path}.${key}`;
    const next = tree.get(key) ?? tree.get(anything);
    return next === undefined ? [here] : strangers(inner, next, here);
  });
}

/** Findings about types, words and names of fields. */
export function fieldFindings(fields: Mapping): Finding[] {
  const values = allFields.flatMap((field) =>
    placesOf(fields, field.path).flatMap(({ path, value }): Finding[] => {
      const wrong = wrongValue(field, value);
      return wrong === undefined ? [] : [{ ...wrong, severity: 'error', field: path, missing: false }];
    }),
  );
  const names = strangers(fields, known, '').map(
    (field): Finding => ({
      rule: 'FIELD-UNKNOWN',
      severity: 'warn',
      field,
      message: 'No field of the specification has this name, so nobody reads it.',
      write: 'correct the name, or move it to interoperability.domain_metadata',
      missing: false,
    }),
  );
  return [...values, ...names];
}
