import { at, isBlank, isList, type Mapping, type Place, type Value } from '../card.ts';
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

/** One step of the way to a field, as the specification writes it. */
type Step = {
  key: string;
  isListed: boolean;
  /** Whether what holds it is an item of a list. */
  ofItem: boolean;
  /** One of several, of which a card takes one. */
  isBranch: boolean;
  /** It holds such branches. */
  hasBranches: boolean;
};

function stepsOf(path: string): Step[] {
  const segments = path.split('.');
  return segments.map((segment, index) => {
    const before = segments.slice(0, index).join('.');
    const key = segment.replace('[]', '');
    return {
      ...{ key, isListed: segment.endsWith('[]'), ofItem: before.endsWith('[]') },
      isBranch: branchesOf.get(before)?.includes(key) ?? false,
      hasBranches: branchesOf.has(segments.slice(0, index + 1).join('.')),
    };
  });
}

/** The way to each field of the specification. */
const ways: ReadonlyMap<string, readonly Step[]> = new Map(
  allFields.map(({ path }) => [path, stepsOf(path)]),
);

/**
 * The questions that one field asks of a card: the places where it has a value or could have one. A branch that was not
 * taken asks nothing; a list or whole agent that is not there asks for itself, once, instead of for each of its fields.
 */
export function questionsOf(field: Field, fields: Mapping): Place[] {
  let open: Place[] = [{ path: '', value: fields }];
  const asked: Place[] = [];
  const way = ways.get(field.path) ?? stepsOf(field.path);
  for (const [index, { key, isListed, ofItem, isBranch, hasBranches }] of way.entries()) {
    const isLeaf = index === way.length - 1;
    const next: Place[] = [];
    for (const holder of open) {
      // A feature may be only its name.
      if (typeof holder.value === 'string' && isLeaf && ofItem) {
        if (key === 'name') asked.push(holder);
        continue;
      }
      const path = holder.path === '' ? key : `${holder.path}.${key}`;
      const value = at(holder.value, key);
      if (isBranch) {
        if (!isBlank(value)) next.push({ path, value });
      } else if (isListed) {
        if (isBlank(value)) asked.push({ path, value: undefined });
        else next.push(...itemsOf(path, value!));
      } else if (hasBranches && isBlank(value)) asked.push({ path, value: undefined });
      else if (isLeaf) asked.push({ path, value });
      else if (isList(value)) next.push(...itemsOf(path, value));
      else next.push({ path, value });
    }
    open = next;
  }
  return asked;
}

const itemsOf = (path: string, value: Value): Place[] =>
  isList(value)
    ? value.map((item, index) => ({ path: `${path}[${index}]`, value: item }))
    : [{ path, value }];

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
