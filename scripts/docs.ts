/* What the documents say, as data that tests can hold against the code. */

/** A document by its path from the root, with `/` as separator. */
export type Document = { path: string; text: string };

/** A word of a document with the line it stands in. */
export type Found = { at: string; text: string };

const fence = /^(`{3,})(\w*)\s*$/;

/** The lines of a document, each with the language of the fenced block that it stands in; '' outside of all. */
function linesOf({ path, text }: Document): { at: string; text: string; block: string | null }[] {
  let block: string | null = null;
  return text.split('\n').flatMap((line, i) => {
    const mark = fence.exec(line);
    if (mark === null) return [{ at: `${path}:${i + 1}`, text: line, block }];
    block = block === null ? (mark[2] ?? '') : null;
    return [];
  });
}

/** Command lines of fenced blocks in `sh`, without prompts and comments. */
export const shellLines = (document: Document): Found[] =>
  linesOf(document).flatMap(({ at, text, block }) => {
    const command = text.replace(/(^|\s)#.*$/, '').trim();
    return block === 'sh' && command !== '' ? [{ at, text: command }] : [];
  });

/** Everything in single backticks outside of fenced blocks. A piece may go on over the end of a line. */
export const inlineCode = (document: Document): Found[] => {
  const prose = linesOf(document).map((line) => (line.block === null ? line : { ...line, text: '' }));
  let offset = 0;
  const starts = prose.map(({ text }) => {
    const start = offset;
    offset += text.length + 1;
    return start;
  });
  const all = prose.map(({ text }) => text).join('\n');
  return [...all.matchAll(/`([^`]+)`/g)].map((match) => {
    const line = starts.findLastIndex((start) => start <= match.index);
    return { at: prose[line]?.at ?? document.path, text: match[1]!.replaceAll('\n', ' ') };
  });
};

/** Targets of links and pictures outside of fenced blocks. */
export const links = (document: Document): Found[] =>
  linesOf(document).flatMap(({ at, text, block }) =>
    block === null ? [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ at, text: match[1]! })) : [],
  );

/** Names of the headings as links write them. */
export const anchors = (document: Document): string[] =>
  linesOf(document).flatMap(({ text, block }) => {
    const heading = block === null ? /^#+ (.*)$/.exec(text)?.[1] : undefined;
    return heading === undefined
      ? []
      : [
          heading
            .toLowerCase()
            .replace(/[^\p{L}\p{N} -]/gu, '')
            .replaceAll(' ', '-'),
        ];
  });

/** The text between `<!-- name -->` and `<!-- /name -->`. */
export function marked({ path, text }: Document, name: string): string {
  const found = new RegExp(`<!-- ${name} -->([\\s\\S]*?)<!-- /${name} -->`).exec(text)?.[1];
  if (found === undefined) throw new Error(`${path} has no part <!-- ${name} -->`);
  return found;
}

/** Rows of the table whose heading begins with these cells; without backticks in the first cell. */
export function tableRows({ path, text }: Document, ...heading: string[]): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading.join(' | ')} |`));
  if (start < 0) throw new Error(`${path} has no table | ${heading.join(' | ')} |`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

/** All pieces in backticks of a text. */
export const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);

/**
 * A command line as words, as far as documents need it: quotes, no expansion; it ends at a pipe or a redirection.
 *
 * @throws Error for a quote that is not closed
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const sign of line) {
    if (quote !== undefined) {
      if (sign === quote) quote = undefined;
      else word = (word ?? '') + sign;
    } else if (sign === '"' || sign === "'") {
      quote = sign;
      word ??= '';
    } else if (/\s/.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (word === undefined && /[|>]/.test(sign)) {
      return words;
    } else word = (word ?? '') + sign;
  }
  if (quote !== undefined) throw new Error(`a quote is not closed: ${line}`);
  return word === undefined ? words : [...words, word];
}
