/** Characters that reorder, hide or forge text, and controls. */
const deceptive =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2067\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** The marks that `plain` itself sets around a text. */
const isolates = /[\u2068\u2069]/gu;
const space = /[\t\n\r\u0085]+/gu;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1eeff}]/u;
/** More combining marks than any script stacks on one letter. */
const pile = /(\p{M}{5})\p{M}+/gu;

const numbered = (character: string): string =>
  `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;

/** Shows deceptive characters by their number, so that nobody is fooled. The page does this to every string. */
export const visible = (text: string): string => text.toWellFormed().replace(deceptive, numbered);

/**
 * Text that a person wrote, made safe to stand inside our sentences: well-formed, on one line, no invisible or
 * reordering characters, isolated when it runs from right to left. It is not escaped: that is `html`'s part. Not to
 * be applied twice.
 */
export function plain(text: string): string {
  const clean = visible(text.replace(space, ' ')).replace(isolates, numbered).replace(pile, '$1');
  return rightToLeft.test(clean) ? `\u2068${clean}\u2069` : clean;
}

/** At most `longest` characters of a text, the last being an ellipsis when some are left out. */
export function shortened(text: string, longest: number): string {
  const clean = plain(text);
  const characters = Array.from(clean);
  if (characters.length <= longest) return clean;
  const kept = characters.slice(0, longest - 1).join('');
  return kept.includes('\u2068') ? `${kept}\u2026\u2069` : `${kept}\u2026`;
}

/** "1 start", "20 starts". */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`;

/** "a, b and c". */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;

/** "diameter (nm)": a name with its unit, together at most about `longest` characters. */
export function named(name: string, unit: string | null, longest = 400): string {
  if (unit === null) return shortened(name, longest);
  const after = ` (${shortened(unit, Math.max(6, Math.floor(longest / 2)))})`;
  return `${shortened(name, Math.max(6, longest - Array.from(after).length))}${after}`;
}
