import { createHash } from 'node:crypto';

/** A file that lies elsewhere. `sha256` and `bytes` are what its catalog says of it. */
export type RemoteFile = {
  name: string;
  url: string;
  mediaType: string | null;
  bytes: number | null;
  sha256: string | null;
};

/** What another catalog says of a dataset: its words, cut to a length and cleaned, and believed in nothing. */
export type RemoteRecord = {
  /** Its identifier there. */
  remoteId: string;
  name: string;
  description: string;
  publisher: string;
  keywords: string[];
  /** SPDX identifiers where they are recognised, else `LicenseRef-...` made of the words. */
  licences: string[];
  /** Who may use it, in the words of the other catalog. */
  access: string;
  /** The page of the dataset there. */
  page: string | null;
  modified: string | null;
  files: RemoteFile[];
};

const controls = /[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]+/gu;

/** Text of a stranger: without control characters and turns of the direction of writing, of a bounded length. */
export const cleaned = (value: unknown, longest: number): string =>
  typeof value === 'string' || typeof value === 'number'
    ? String(value).replace(controls, ' ').trim().slice(0, longest)
    : '';

/** An address that a person may follow: of the web, and nothing else. */
export function webAddress(value: unknown): string | null {
  const text = cleaned(value, 2000);
  if (!URL.canParse(text)) return null;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}

const creativeCommons = /creativecommons\.org\/(licenses|publicdomain)\/([a-z-]+)\/(\d\.\d)/i;

/** A licence as an identifier: addresses of SPDX and Creative Commons are recognised, other words become a reference. */
export function licenceOf(value: unknown): string | null {
  const text = cleaned(value, 300);
  if (text === '') return null;
  const spdx = /spdx\.org\/licenses\/([A-Za-z0-9.+-]{1,80}?)(?:\.html|\.json)?\/?$/.exec(text)?.[1];
  if (spdx !== undefined) return spdx;
  const [, kind, terms = '', version] = creativeCommons.exec(text) ?? [];
  if (kind === 'licenses') return `CC-${terms.toUpperCase()}-${version}`;
  if (kind === 'publicdomain') return terms === 'zero' ? `CC0-${version}` : `CC-PDDC`;
  if (/^(LicenseRef-)?[A-Za-z0-9.+-]{1,80}$/.test(text)) return text;
  return `LicenseRef-${
    text
      .replace(/[^A-Za-z0-9.]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 80) || 'other'
  }`;
}

/** SHA-256 over everything that is kept of a record, so that a change is seen. */
export const hashOf = (record: RemoteRecord): string =>
  createHash('sha256').update(JSON.stringify(record)).digest('hex');
