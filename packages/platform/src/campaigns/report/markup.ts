import { visible } from './text.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that may stand in a page as it is. Only `html` makes it, so no string becomes markup unescaped. */
export class Markup {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  static of(parts: readonly string[], values: readonly Part[]): Markup {
    return new Markup(parts.map((part, i) => (i === 0 ? part : text(values[i - 1]) + part)).join(''));
  }

  toString(): string {
    return this.#markup;
  }
}

type Part = Markup | string | number | null | undefined | false | readonly Part[];

function text(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Markup) return part.toString();
  if (typeof part === 'object') return part.map(text).join('');
  return visible(String(part)).replace(/[&<>"']/g, (character) => escapes[character]!);
}

/**
 * A template of HTML or SVG. Everything put into it is escaped for element content and for attributes in double
 * quotes, and its deceptive characters are shown, save other markup; lists are joined; null, undefined and false leave nothing.
 */
export const html = (parts: TemplateStringsArray, ...values: readonly Part[]): Markup =>
  Markup.of(parts, values);
