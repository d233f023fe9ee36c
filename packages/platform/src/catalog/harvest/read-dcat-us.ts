import { OutboundError } from '../../kernel/index.ts';
import { fieldOf, listOf } from './read-json.ts';
import { cleaned, licenceOf, type RemoteFile, type RemoteRecord, webAddress } from './remote-record.ts';

/** A text, or the first of the fields of an object that names it: versions of the standard differ in this. */
const named = (value: unknown, ...fields: string[]): unknown =>
  typeof value === 'object'
    ? fields.map((field) => fieldOf(value, field)).find((one) => one !== undefined)
    : value;

function fileOf(value: unknown): RemoteFile | null {
  const url = webAddress(fieldOf(value, 'downloadURL'));
  if (url === null) return null;
  const checksum = fieldOf(value, 'checksum');
  const hash = cleaned(fieldOf(checksum, 'checksumValue'), 200).toLowerCase();
  const bytes = Number(cleaned(fieldOf(value, 'byteSize'), 20) || Number.NaN);
  return {
    name: cleaned(fieldOf(value, 'title'), 200) || url,
    url,
    mediaType: cleaned(fieldOf(value, 'mediaType'), 100) || null,
    bytes: Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : null,
    sha256:
      /sha-?256/i.test(cleaned(fieldOf(checksum, 'algorithm'), 100)) && /^[0-9a-f]{64}$/.test(hash)
        ? hash
        : null,
  };
}

function recordOf(value: unknown): RemoteRecord | null {
  const remoteId = cleaned(
    named(fieldOf(value, 'identifier'), 'notation', '@id') ?? fieldOf(value, '@id'),
    500,
  );
  const name = cleaned(fieldOf(value, 'title'), 200);
  if (remoteId === '' || name === '') return null;
  const distributions = listOf(fieldOf(value, 'distribution'));
  const licences = [
    fieldOf(value, 'license'),
    ...listOf(fieldOf(value, 'rights')).filter((one) => licenceOf(one)?.startsWith('LicenseRef-') === false),
    ...distributions.flatMap((one) => cleaned(fieldOf(one, 'license'), 1000).split(/,\s+/)),
  ].flatMap((one) => licenceOf(one) ?? []);
  const access = [
    cleaned(named(fieldOf(value, 'accessLevel')), 100),
    cleaned(fieldOf(value, 'accessRights'), 2000),
    ...listOf(fieldOf(value, 'rights')).map((one) => cleaned(one, 2000)),
  ];
  return {
    ...{ remoteId, name },
    description: cleaned(fieldOf(value, 'description'), 5000),
    publisher: cleaned(fieldOf(fieldOf(value, 'publisher'), 'name'), 200),
    keywords: listOf(fieldOf(value, 'keyword'))
      .slice(0, 50)
      .map((one) => cleaned(one, 100))
      .filter((one) => one !== ''),
    licences: [...new Set(licences)].sort().slice(0, 20),
    access: [...new Set(access.filter((one) => one !== ''))].join(' ').slice(0, 4000),
    page: webAddress(named(fieldOf(value, 'landingPage'), 'accessURL', '@id')),
    modified: cleaned(fieldOf(value, 'modified'), 40) || null,
    files: distributions.slice(0, 100).flatMap((one) => fileOf(one) ?? []),
  };
}

/** The datasets of a catalog in DCAT-US 3.0 or 1.1. What has neither identifier nor title is passed over. */
export function readDcatUs(document: unknown): RemoteRecord[] {
  const datasets = fieldOf(document, 'dataset');
  if (!Array.isArray(datasets))
    throw new OutboundError('it is no catalog of DCAT-US: it has no list "dataset"');
  return datasets.flatMap((one) => recordOf(one) ?? []);
}
