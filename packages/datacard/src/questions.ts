import { type Card, isBlank, isList, type Mapping, placesOf, valueAt } from './card.ts';
import { isMet } from './rules/condition.ts';
import { wrongValue } from './rules/field-values.ts';
import { questionsOf } from './rules/required.ts';
import { fields as allFields, type Block, blocks, type Check, flagOf, rules } from './specification.ts';

/** Something that a card is asked and has an answer to or not. */
export type Question = { path: string; block: Block | 'card'; required: boolean; answered: boolean };

/** Of these an empty list is an answer: none. Of all others it is a blank. */
const emptyIsAnswer: ReadonlySet<string> = new Set([
  'accessibility.access_policy.intended_partner_classes',
  'accessibility.access_policy.approved_environments',
]);

/** Sections are always asked for by their fields; a group further down that is not there asks for itself, once. */
const sectionDepth = 2;

/** The outermost optional group that is not there, or the path itself. */
function groupOf(path: string, fields: Mapping): string {
  const segments = path.split('.');
  for (let depth = sectionDepth + 1; depth < segments.length; depth++) {
    const group = segments.slice(0, depth).join('.');
    if (placesOf(fields, group.replace(/\[\d+\]/g, '[]')).every(({ value }) => isBlank(value))) return group;
  }
  return path;
}

/** Paths that a check wants to have filled; of alternatives the first, and none where one is there. */
function wanted(check: Check, fields: Mapping): string[] {
  if ('all' in check) return check.all.flatMap((one) => wanted(one, fields));
  if ('any' in check) {
    const each = check.any.map((one) => wanted(one, fields));
    const isMetBy = (paths: readonly string[]): boolean =>
      paths.every((path) => !isBlank(valueAt(fields, path)));
    return each.some(isMetBy) ? [] : (each[0] ?? []);
  }
  if (!('path' in check)) return [];
  if (check.op === 'keys_filled')
    return (check.value as readonly string[]).map((key) => `${check.path}.${key}`);
  return ['filled', 'min_items'].includes(check.op) ? [check.path] : [];
}

/** Fields that a rule asks of this card, beyond those that are always asked. */
const askedByRules = (fields: Mapping): ReadonlySet<string> =>
  new Set(
    rules.flatMap(({ when, check, severity }) =>
      check !== null && (severity === 'error' || severity === 'warn') && isMet(when, fields)
        ? wanted(check, fields)
        : [],
    ),
  );

/**
 * The questions of a card: the six flags, the required fields of what it declares (discoverability always), and the
 * fields of the same blocks that may apply. A field with a condition counts where it is filled or a rule asks for it.
 * `not_applicable` is an answer, a blank is not, and neither is a value that the field cannot have.
 */
export function questions({ fields }: Card): Question[] {
  const asked = askedByRules(fields);
  const found = new Map<string, Question>();
  for (const field of allFields) {
    const { path: pattern, requirement, condition } = field;
    const block = blocks.find((name) => requirement.startsWith(`${name}_`)) ?? 'card';
    const isFlag = requirement === 'required';
    if (block === 'card' && !isFlag) continue;
    if (block !== 'card' && block !== 'discoverability' && valueAt(fields, flagOf(block)) !== 'Yes') continue;
    const byRule = asked.has(pattern);
    const required = isFlag || byRule || requirement.endsWith('_required');
    for (const place of questionsOf(field, fields)) {
      const answered =
        (!isBlank(place.value) && wrongValue(field, place.value) === undefined) ||
        (emptyIsAnswer.has(pattern) && isList(place.value));
      if (!answered && !required && (condition !== undefined || pattern.endsWith('.type'))) continue;
      const path = answered || required ? place.path : groupOf(place.path, fields);
      const before = found.get(path);
      found.set(path, {
        path,
        block,
        required: required || (before?.required ?? false),
        answered: answered && (before?.answered ?? true),
      });
    }
  }
  return [...found.values()];
}

export const openQuestions = (card: Card): Question[] => questions(card).filter(({ answered }) => !answered);
