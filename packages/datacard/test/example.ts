import { readFileSync } from 'node:fs';
import type { Card, Mapping, ReadCard, Value } from '../src/card.ts';
import { readCard } from '../src/read-card.ts';

export const exampleText = readFileSync(new URL('./example-card.md', import.meta.url), 'utf8');

/** The filled-in card of the specification's kind; everything in it is imaginary. */
export const example = (): ReadCard => read;
const read = readCard(exampleText);

/** Changes by path, as `authors[0].person.email`; undefined takes the field out. */
export type Edits = Readonly<Record<string, Value | undefined>>;

/** Lists too: their keys are numbers. */
type Holder = Record<string, Value>;

function apply(fields: Mapping, path: string, value: Value | undefined): void {
  const keys = path.replace(/\[(\d+)\]/g, '.$1').split('.');
  const last = keys.pop()!;
  let holder = fields as unknown as Holder;
  for (const key of keys) {
    holder[key] ??= {};
    holder = holder[key] as unknown as Holder;
  }
  if (value !== undefined) holder[last] = value;
  else delete holder[last];
}

/** The example with changes, as if somebody had written it so. */
export function exampleWith(edits: Edits, body?: (text: string) => string): Card {
  const { fields, body: text } = example();
  const changed = structuredClone(fields) as Mapping;
  for (const [path, value] of Object.entries(edits)) apply(changed, path, value);
  return { fields: changed, body: body === undefined ? text : body(text) };
}
