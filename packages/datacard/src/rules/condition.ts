import {
  at,
  isBlank,
  isList,
  isMapping,
  listOf,
  type Mapping,
  placesOf,
  textOf,
  type Value,
  valueAt,
} from '../card.ts';
import type { Comparison, Condition } from '../specification.ts';

/*
 * Two rules hang on a judgement that only a person can make. What a card shows of it is taken instead: a legacy marking
 * counts as resolved when the normalised basis names something that is in force today.
 */
const resolved = ['Classified', 'CUI', 'UCNI', 'Public_Release_Approved', 'Other_Controlled'];

const judgements: Readonly<Record<string, (fields: Mapping, around: string) => boolean>> = {
  'marking not yet resolved to a current standard': (fields, around) =>
    !listOf(valueAt(fields, `${around}.normalized_control_basis`)).some((item) =>
      resolved.includes(textOf(item)),
    ),
};

const itemsOf = (value: Value | undefined): readonly Value[] => listOf(value);

const tests: Readonly<Record<string, (value: Value | undefined, comparison: Comparison) => boolean>> = {
  present: (value) => value !== undefined && value !== null,
  absent: (value) => value === undefined || value === null,
  filled: (value) => !isBlank(value),
  equals: (value, { value: wanted }) => value === wanted,
  not_equals: (value, { value: other }) => value !== other,
  in: (value, { value: words }) => Array.isArray(words) && words.includes(value),
  min_items: (value, { value: least }) => itemsOf(value).length >= Number(least),
  more_items_than: (value, { value: count }) => itemsOf(value).length > Number(count),
  has_item: (value, { value: item }) => itemsOf(value).some((one) => one === item),
  has_no_item: (value, { value: item }) => !itemsOf(value).some((one) => one === item),
  any_item_matches: (value, { value: pattern }) => {
    const expression = new RegExp(String(pattern));
    return itemsOf(value).some((item) => typeof item === 'string' && expression.test(item));
  },
  matches: (value, { value: pattern }) =>
    typeof value === 'string' && new RegExp(String(pattern)).test(value),
  matches_if_filled: (value, { value: pattern }) =>
    isBlank(value) || (typeof value === 'string' && new RegExp(String(pattern)).test(value)),
  not_matches: (value, { value: pattern }) =>
    typeof value !== 'string' || !new RegExp(String(pattern)).test(value.trim()),
  in_if_filled: (value, { value: words }) =>
    isBlank(value) || (Array.isArray(words) && words.includes(value)),
  starts_with: (value, { value: start }) => typeof value === 'string' && value.startsWith(String(start)),
  is_list: (value) => isList(value),
  has_no_key: (value, { value: keys }) =>
    !isMapping(value) || !(keys as readonly string[]).some((key) => at(value, key) !== undefined),
};

/** Whether a comparison of one value holds; undefined where the operation looks at more than the value. */
export function holds(value: Value | undefined, comparison: Comparison): boolean | undefined {
  return tests[comparison.op]?.(value, comparison);
}

/**
 * Whether the condition of a rule holds for a card.
 *
 * @throws Error for an operation or a judgement that nobody has written down here; a test asks all of them
 */
export function isMet(condition: Condition, fields: Mapping): boolean {
  if ('always' in condition) return true;
  if ('any' in condition) return condition.any.some((one) => isMet(one, fields));
  if ('not' in condition) return !isMet(condition.not, fields);
  if ('all' in condition) {
    const [around] = condition.all.flatMap((one) =>
      'path' in one ? [one.path.replace(/\.[^.]*$/, '')] : [],
    );
    return condition.all.every((one) =>
      'judgement' in one ? judge(one.judgement, fields, around ?? '') : isMet(one, fields),
    );
  }
  if ('judgement' in condition) return judge(condition.judgement, fields, '');
  // The last step of a path without lists has one place, present or not; where a list is not there, nothing is.
  return placesOf(fields, condition.path).some(({ value }) => {
    const result = holds(value, condition);
    if (result === undefined) throw new Error(`no condition ${condition.op}`);
    return result;
  });
}

function judge(judgement: string, fields: Mapping, around: string): boolean {
  const test = judgements[judgement];
  if (test === undefined) throw new Error(`no judgement "${judgement}"`);
  return test(fields, around);
}
