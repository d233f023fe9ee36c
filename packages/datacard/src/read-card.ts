import { at, isMapping, type Mapping, type ReadCard, type Value } from './card.ts';
import { CardError, limits } from './card-error.ts';
import { type Parsed, readYaml } from './read-yaml.ts';

export const formats = ['markdown', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** The format that a text shows by its first sign: `---` Markdown, `{` JSON, else YAML. */
export const formatOf = (text: string): Format => {
  const start = text.replace(/^\u{feff}/u, '').trimStart();
  if (start.startsWith('---')) return 'markdown';
  return start.startsWith('{') ? 'json' : 'yaml';
};

const uses = ['training', 'inference', 'evaluation'];

/**
 * Older names (`training_use_allowed`) are read as today's (`training_use_status`).
 *
 * @throws CardError where a card has both, since two answers to one question are none
 */
function renameOld({ fields, lines }: Parsed): Mapping {
  const block = at(fields, 'ai_usability');
  const usage = at(block, 'ai_usage');
  if (!isMapping(block) || !isMapping(usage)) return fields;
  const names = new Map(uses.map((use) => [`${use}_use_allowed`, `${use}_use_status`]));
  const renamed = Object.entries(usage).map(([key, value]): [string, Value] => {
    const name = names.get(key);
    if (name === undefined) return [key, value];
    const path = `ai_usability.ai_usage.${key}`;
    if (Object.hasOwn(usage, name))
      throw new CardError(`is the old name of ${name}: keep one`, path, lines.get(path));
    lines.set(`ai_usability.ai_usage.${name}`, lines.get(path) ?? 1);
    return [name, value];
  });
  return { ...fields, ai_usability: { ...block, ai_usage: Object.fromEntries(renamed) } };
}

const tooLong = (what: string, limit: number): CardError =>
  new CardError(`${what} is longer than ${limit} characters`, '', undefined);

function readMarkdown(text: string): Parsed & { body: string } {
  if (!/^---[ \t]*\n/.test(text)) throw new CardError('a card begins with a line "---"', '', 1);
  const start = text.indexOf('\n') + 1;
  const end = /^---[ \t]*(?:\n|$)/m.exec(text.slice(start));
  if (end === null)
    throw new CardError('the front matter has no end: a second line "---" is missing', '', undefined);
  if (end.index > limits.frontMatter) throw tooLong('the front matter', limits.frontMatter);
  const body = text.slice(start + end.index + end[0].length);
  const parsed = readYaml(text.slice(start, start + end.index), 2);
  if (Object.hasOwn(parsed.fields, 'body'))
    throw new CardError('the text of a card stands below its front matter', 'body', parsed.lines.get('body'));
  return { ...parsed, body };
}

/** Strict JSON by the parser of the language, then lines and doubled keys by that of YAML, which reads all of JSON. */
function readJson(text: string): Parsed {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new CardError(`not JSON: ${(error as Error).message.slice(0, 200)}`, '', undefined, {
      cause: error,
    });
  }
  // In valid JSON a tab can only be space between values.
  return readYaml(text.replaceAll('\t', ' '));
}

function readWhole(text: string, format: Format): Parsed & { body: string } {
  const { fields, lines } = format === 'json' ? readJson(text) : readYaml(text);
  const { body = '', ...rest } = fields;
  if (typeof body !== 'string') throw new CardError('expected text in Markdown', 'body', lines.get('body'));
  if (text.length - body.length > limits.frontMatter)
    throw tooLong('the card without its body', limits.frontMatter);
  return { fields: rest, lines, body };
}

/**
 * Reads a card: Markdown with front matter in YAML, or one mapping in JSON or YAML, whose key `body` holds the text in
 * Markdown. Lines end with LF afterwards. Nothing is filled in and nothing is dropped but comments.
 *
 * @throws CardError naming field and line
 */
export function readCard(given: string, format: Format = formatOf(given)): ReadCard {
  if (given.length > limits.text) throw tooLong('the file', limits.text);
  const text = given.replace(/^\u{feff}/u, '').replaceAll('\r\n', '\n');
  const parsed = format === 'markdown' ? readMarkdown(text) : readWhole(text, format);
  return { fields: renameOld(parsed), body: parsed.body, text, lines: parsed.lines };
}
