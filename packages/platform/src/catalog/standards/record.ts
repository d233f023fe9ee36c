/** A person or an organisation that made, published or paid for a dataset. */
export type Party = {
  kind: 'person' | 'organisation';
  name: string;
  givenName?: string;
  familyName?: string;
  /** The sixteen digits of an ORCID iD with hyphens; of people only. */
  orcid?: string;
  /** Address of the entry in ROR; of organisations only. */
  ror?: string;
  affiliation?: string;
};

/** An identifier with its scheme in lower case: `doi`, `ark`, `handle`, `url`, ... */
export type Identifier = { scheme: string; value: string };

export type Related = {
  /** As the card says it, for example `cites` or `derived_from`. */
  relation: string;
  identifier: Identifier;
  name?: string;
};

export type Funding = { funder: string; ror?: string; award?: string; program?: string };

/** A file of a version: what it is called, what it hashes to, where it is fetched. */
export type RecordFile = {
  id: string;
  name: string;
  mediaType: string;
  bytes: number;
  /** Null where what is sent is made anew each time, so that no hash of it is known before. */
  sha256: string | null;
  url: string;
};

export type RecordColumn = {
  name: string;
  type: 'number' | 'integer' | 'text' | 'boolean' | 'timestamp';
  unit: string | null;
  description: string | null;
};

/** The table that a version shows. */
export type RecordTable = { file: string; columns: readonly RecordColumn[]; rows: number };

/** One statement of the lineage, in the words of W3C PROV, with the ledger entry that it was written with. */
export type LineageStatement = { subject: string; relation: string; object: string; entry: string };

/**
 * What is said about one dataset in every standard: plain data, made for one reader, so it holds nothing that this reader
 * may not see.
 */
export type DatasetRecord = {
  id: string;
  name: string;
  description: string;
  /** Of the newest version that is shown; null where none is. */
  version: string | null;
  creators: readonly Party[];
  publisher: Party;
  contact: { name: string; email: string };
  keywords: readonly string[];
  /** SPDX identifiers, or `LicenseRef-...` for licences that have none. */
  licences: readonly string[];
  /** Moments or days by ISO 8601. */
  created: string;
  modified: string;
  issued: string | null;
  doi: string | null;
  identifiers: readonly Identifier[];
  /** Address of its page on this platform. */
  url: string;
  /** Where it came from, in the words of whoever imported it. */
  source: string;
  funding: readonly Funding[];
  related: readonly Related[];
  /** In words, for people: who may use it and how to ask. */
  access: string;
  /** True where everybody may fetch it. */
  open: boolean;
  language: string | null;
  files: readonly RecordFile[];
  tables: readonly RecordTable[];
  lineage: readonly LineageStatement[];
};

/** The licences that carry an address: SPDX identifiers, not `LicenseRef-...`. */
export const licenceAddress = (licence: string): string | null =>
  /^[A-Za-z0-9.+-]+$/.test(licence) && !licence.startsWith('LicenseRef-')
    ? `https://spdx.org/licenses/${licence}`
    : null;

/** The day of a moment. */
export const dayOf = (moment: string): string => moment.slice(0, 10);

/** What a reader is told where nobody has written a description. */
export const descriptionOf = (record: DatasetRecord): string =>
  record.description.trim() === '' ? record.name : record.description;

/** Drops what is undefined, null or an empty list: documents leave out what is not known. */
export const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  );
