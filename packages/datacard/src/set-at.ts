import { isList, isMapping, type Mapping, type Value } from './card.ts';

const put = (holder: Value | undefined, keys: readonly (string | number)[], value: Value): Value => {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const items = isList(holder) ? [...holder] : [];
    items[key] = put(items[key], rest, value);
    return items;
  }
  const mapping = isMapping(holder) ? holder : {};
  return { ...mapping, [key]: put(Object.hasOwn(mapping, key) ? mapping[key] : undefined, rest, value) };
};

/** The fields with one more answer, at a path such as `authors[0].person.orcid`. What is on the way is made. */
export const setAt = (fields: Mapping, path: string, value: Value): Mapping =>
  put(
    fields,
    path.split('.').flatMap((part) => {
      const [, key = part, index] = /^(.*)\[(\d+)\]$/.exec(part) ?? [];
      return index === undefined ? [key] : [key, Number(index)];
    }),
    value,
  ) as Mapping;
