declare const writtenBrand: unique symbol;

/** A piece of XML that `element` made: well formed, and the only thing that is not escaped again. */
export type Written = { readonly xml: string; readonly [writtenBrand]: true };

type Content = Written | string | number | null | undefined | false;

/** What XML 1.0 cannot hold in any spelling; lone halves of surrogate pairs among it. */
const notXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** A parser would make line breaks and tabs within attributes spaces, and a carriage return a line feed. */
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** Text as XML can hold it: any other character becomes U+FFFD. */
export const xmlText = (text: string): string => text.replace(notXml, '\uFFFD');

const escaped = (text: string, signs: RegExp): string =>
  xmlText(text).replace(signs, (sign) => entities[sign] ?? sign);

/** An element with attributes and content; what is null, undefined or false is left out. Names are the caller's, never data. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | null | undefined>>,
  ...content: readonly Content[]
): Written {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value), /[&<>"\r\n\t]/g)}"`)
    .join('');
  const inside = content
    .filter((one) => one !== null && one !== undefined && one !== false)
    .map((one) => (typeof one === 'object' ? one.xml : escaped(String(one), /[&<>\r]/g)))
    .join('');
  const xml = inside === '' ? `<${name}${given}/>` : `<${name}${given}>${inside}</${name}>`;
  return { xml } as Written;
}

/** A whole document with its declaration. */
export const xmlDocument = (root: Written): string => `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`;
