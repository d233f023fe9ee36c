/** A value for YAML front matter: JSON strings are YAML. */
export const yaml = (text: string): string => JSON.stringify(text);

/** Markdown text of something that a person or a program has named, on one line: nothing in it is markup, a link or HTML. */
export const plain = (text: string): string =>
  text
    .replace(/\p{Cc}|\s+/gu, ' ')
    .replace(/[\\`*_{}[\]<>#|&~!$^@]/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/\bwww\./gi, 'www\\.');
