import { invalidField } from '@genesis/contracts';

export type Token =
  | { kind: 'word'; text: string; at: number }
  /** In backticks or double quotes: a name, or (double quotes) a text. */
  | { kind: 'quoted'; text: string; mark: '`' | '"'; at: number }
  | { kind: 'text'; text: string; at: number }
  | { kind: 'number'; value: number; text: string; at: number }
  | { kind: 'sign'; text: string; at: number };

/** Longest filter, and longest term of an order. */
const longest = 20_000;

const word = /[\p{L}_][\p{L}\p{N}_/-]*/uy;
const number = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;
const sign = /<=|>=|!=|<>|[=<>().,]/y;
const space = /\s+/y;

const at = (pattern: RegExp, source: string, from: number): string | undefined => {
  pattern.lastIndex = from;
  return pattern.exec(source)?.[0];
};

/** Reads what lies between two quotes; a doubled quote stands for itself. Returns the text and where it ends. */
function quoted(source: string, from: number, field: string): { text: string; end: number } {
  const mark = source[from]!;
  let text = '';
  for (let place = from + 1; place < source.length; place++) {
    if (source[place] !== mark) text += source[place];
    else if (source[place + 1] === mark) {
      text += mark;
      place += 1;
    } else return { text, end: place + 1 };
  }
  throw invalidField(field, `the quote ${mark} at ${from + 1} is not closed`);
}

/**
 * The tokens of a filter or of an order. Nothing of it reaches the database but as a parameter.
 *
 * @throws GenesisError `invalid-input` with the place
 */
export function tokensOf(source: string, field: string): Token[] {
  if (source.length > longest) throw invalidField(field, `longer than ${longest} characters`);
  const tokens: Token[] = [];
  let place = 0;
  while (place < source.length) {
    const blank = at(space, source, place);
    if (blank !== undefined) {
      place += blank.length;
      continue;
    }
    const begins = source[place];
    if (begins === "'" || begins === '"' || begins === '`') {
      const { text, end } = quoted(source, place, field);
      tokens.push(
        begins === "'"
          ? { kind: 'text', text, at: place }
          : { kind: 'quoted', text, mark: begins, at: place },
      );
      place = end;
      continue;
    }
    // A digit after a dot belongs to a name (`metrics.2nd`) only where quotes say so.
    const figure = at(number, source, place);
    const name = at(word, source, place);
    const mark = at(sign, source, place);
    const text = figure ?? name ?? mark;
    if (text === undefined) throw invalidField(field, `"${begins}" at ${place + 1} is not understood`);
    if (figure !== undefined) tokens.push({ kind: 'number', value: Number(figure), text, at: place });
    else tokens.push({ kind: name !== undefined ? 'word' : 'sign', text, at: place });
    place += text.length;
  }
  return tokens;
}
