import { type Card, isList, isMapping, type Mapping, type Value } from './card.ts';

/* A writer of our own: every text is in double quotes, so that no reader of YAML takes it for anything else. */

/** Signs that YAML does not print, or that a reader of YAML 1.1 takes for the end of a line. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

const quote = (text: string): string =>
  JSON.stringify(text).replace(
    unprintable,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Words that are not read as text without quotes. */
const otherThanText = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

const keyText = (key: string): string =>
  /^[A-Za-z_][\w-]*$/.test(key) && !otherThanText.test(key) ? key : quote(key);

const scalarText = (value: Value): string =>
  typeof value === 'string' ? quote(value) : JSON.stringify(value);

function lines(value: readonly Value[] | Mapping, indent: string): string[] {
  const entries = isList(value)
    ? value.map((item): [string, Value] => ['-', item])
    : Object.entries(value).map(([key, item]): [string, Value] => [`${keyText(key)}:`, item]);
  return entries.flatMap(([head, item]) => {
    if (isList(item) && item.length === 0) return [`${indent}${head} []`];
    if (isMapping(item) && Object.keys(item).length === 0) return [`${indent}${head} {}`];
    if (item === null || typeof item !== 'object') return [`${indent}${head} ${scalarText(item)}`];
    return [`${indent}${head}`, ...lines(item, `${indent}  `)];
  });
}

const yamlText = (fields: Mapping): string =>
  Object.keys(fields).length === 0 ? '{}\n' : `${lines(fields, '').join('\n')}\n`;

/** As one mapping; the body, where there is one, under the key `body`. */
const whole = ({ fields, body }: Card): Mapping => (body === '' ? fields : { ...fields, body });

/** Writes a card so that `readCard` gives back the same fields and the same body. Comments of a file are not kept. */
export function formatCard(card: Card, format: 'markdown' | 'json' | 'yaml' = 'markdown'): string {
  switch (format) {
    case 'markdown':
      return `---\n${yamlText(card.fields)}---\n${card.body}`;
    case 'json':
      return `${JSON.stringify(whole(card), null, 2)}\n`;
    case 'yaml':
      return yamlText(whole(card));
  }
}
