import { at, isBlank, isList, type Mapping, type Place, segmentsOf, type Value } from '../card.ts';
import { fields as allFields, type Field, rules } from '../specification.ts';
import type { Problem } from './finding.ts';
import { howToFill } from './write.ts';

/** Who may be named where: the branches of which one is filled, by the path of what holds them. */
const branchesOf: ReadonlyMap<string, readonly string[]> = new Map(
  rules.flatMap(({ check }) =>
    check !== null && 'op' in check && check.op === 'exactly_one_key_of' && 'path' in check
      ? [[check.path, check.value as readonly string[]] as const]
      : [],
  ),
);

type Step = Place & { pattern: string };

/**
 * The questions that one field asks of a card: the places where it has a value or could have one. A branch that was not
 * taken asks nothing; a list or whole agent that is not there asks for itself, once, instead of for each of its fields.
 */
export function questionsOf(field: Field, fields: Mapping): Place[] {
  let open: Step[] = [{ path: '', pattern: '', value: fields }];
  const asked: Place[] = [];
  const segments = segmentsOf(field.path);
  for (const [index, segment] of segments.entries()) {
    const isLeaf = index === segments.length - 1;
    const next: Step[] = [];
    for (const step of open) {
      const key = segment.replace('[]', '');
      const join = (before: string): string => (before === '' ? key : `${before}.${key}`);
      const isListed = segment.endsWith('[]');
      const [path, pattern] = [join(step.path), join(step.pattern) + (isListed ? '[]' : '')];
      // A feature may be only its name.
      if (typeof step.value === 'string' && isLeaf && step.pattern.endsWith('[]')) {
        if (key === 'name') asked.push({ path: step.path, value: step.value });
        continue;
      }
      const value = at(step.value, key);
      if (branchesOf.get(step.pattern)?.includes(key)) {
        if (!isBlank(value)) next.push({ path, pattern, value: value! });
        continue;
      }
      if (isListed) {
        if (isBlank(value)) asked.push({ path, value: undefined });
        else next.push(...itemsOf(path, pattern, value!));
      } else if (branchesOf.has(pattern) && isBlank(value)) asked.push({ path, value: undefined });
      else if (isLeaf) asked.push({ path, value });
      else next.push(...(isList(value) ? itemsOf(path, pattern, value) : [{ path, pattern, value }]));
    }
    open = next;
  }
  return asked;
}

const itemsOf = (path: string, pattern: string, value: Value): Step[] =>
  isList(value)
    ? value.map((item, index) => ({ path: `${path}[${index}]`, pattern, value: item }))
    : [{ path, pattern, value }];

/** What of the fields with this requirement is blank, each place once. */
export function blanksOf(requirement: string, fields: Mapping): Problem[] {
  const places = allFields
    .filter((field) => field.requirement === requirement)
    .flatMap((field) => questionsOf(field, fields))
    .filter(({ value }) => isBlank(value));
  return [...new Set(places.map(({ path }) => path))].map((path) => ({
    field: path,
    write: howToFill(path),
    missing: true,
  }));
}
