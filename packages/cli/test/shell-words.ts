/** The words of a command line as a POSIX shell splits it: quotes, and the end at a pipe or a redirection. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  const word = /\s*(?:(\||>>?|<)|((?:'[^']*'|"[^"]*"|[^\s'"|<>])+))/gy;
  for (const [, operator, text] of line.matchAll(word)) {
    if (operator !== undefined) break;
    words.push(
      text!.replace(
        /'([^']*)'|"([^"]*)"/g,
        (_all, single: string | undefined, double: string | undefined) => single ?? double ?? '',
      ),
    );
  }
  return words;
}
