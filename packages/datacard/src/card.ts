/** What a card can hold: what JSON can. */
export type Value = string | number | boolean | null | readonly Value[] | Mapping;
export type Mapping = { readonly [key: string]: Value };

/** The fields of the front matter, and the text in Markdown below it. */
export type Card = { readonly fields: Mapping; readonly body: string };

/** A card as it was read: with its text, and the line on which each field stands (the first line is 1). */
export type ReadCard = Card & { readonly text: string; readonly lines: ReadonlyMap<string, number> };

export const notApplicable = 'not_applicable';

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

export const isMapping = (value: Value | undefined): value is Mapping =>
  typeof value === 'object' && value !== null && !isList(value);

/** Reads an own key only, so that no name reaches the prototype. */
export const at = (value: Value | undefined, key: string): Value | undefined =>
  isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** Blank means "not known yet": nothing, empty text, an empty list or mapping. `not_applicable` is not blank. */
export function isBlank(value: Value | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (isList(value)) return value.every(isBlank);
  return isMapping(value) && Object.keys(value).length === 0;
}

/** A value as text: text as it is, all else as JSON. */
export const textOf = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A list as it is; one value as a list of one; blank as none. Cards are written both ways. */
export const listOf = (value: Value | undefined): readonly Value[] => {
  if (isBlank(value)) return [];
  return isList(value) ? value.filter((item) => !isBlank(item)) : [value!];
};

/** Paths come from the specification, again and again for every card: there are so many of them and not more. */
const known = new Map<string, readonly string[]>();
const mostKnown = 5000;

function segmentsOf(path: string): readonly string[] {
  const before = known.get(path);
  if (before !== undefined) return before;
  const segments = path.split('.');
  if (known.size < mostKnown) known.set(path, segments);
  return segments;
}

export type Place = { path: string; value: Value | undefined };

const step = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** The items of a list, or the value itself where one was written in the place of a list. */
function spread({ path, value }: Place): Place[] {
  if (isList(value)) return value.map((item, index) => ({ path: `${path}[${index}]`, value: item }));
  return isBlank(value) ? [] : [{ path, value }];
}

function below(place: Place, segment: string): Place[] {
  if (segment === '{FIELD_NAME}') {
    const { path, value } = place;
    return isMapping(value)
      ? Object.keys(value).map((key) => ({ path: step(path, key), value: at(value, key) }))
      : [];
  }
  const key = segment.replace('[]', '');
  // A list where one mapping was expected is read item by item: what it says counts.
  const holders = isList(place.value) ? spread(place) : [place];
  const found = holders.map(({ path, value }) => ({ path: step(path, key), value: at(value, key) }));
  return segment.endsWith('[]') ? found.flatMap(spread) : found;
}

const namesMany = (path: string): boolean => path.includes('[]') || path.includes('{');

/** The one place of a path that names no list, where the card has none on the way either, as most have; else undefined. */
function placeOf(fields: Mapping, path: string): Place | undefined {
  let value: Value | undefined = fields;
  for (const segment of segmentsOf(path)) {
    if (isList(value)) return undefined;
    value = at(value, segment);
  }
  return { path, value };
}

/**
 * Every place of a card that a path of the specification names. A field that is not there is a place without a value; a
 * list that is not there has no places.
 */
export function placesOf(fields: Mapping, path: string): Place[] {
  const only = namesMany(path) ? undefined : placeOf(fields, path);
  if (only !== undefined) return [only];
  return segmentsOf(path).reduce<Place[]>(
    (places, segment) => places.flatMap((place) => below(place, segment)),
    [{ path: '', value: fields }],
  );
}

/** The value at a path without lists; undefined where there is none. */
export const valueAt = (fields: Mapping, path: string): Value | undefined =>
  segmentsOf(path).reduce<Value | undefined>(at, fields);

/** The line of a field, or of the nearest field around it; undefined where nothing of it was written. */
export function lineOf(lines: ReadonlyMap<string, number>, path: string): number | undefined {
  let rest = path;
  while (rest !== '') {
    const line = lines.get(rest);
    if (line !== undefined) return line;
    const cut = Math.max(rest.lastIndexOf('.'), rest.lastIndexOf('['));
    rest = rest.slice(0, Math.max(cut, 0));
  }
  return undefined;
}
