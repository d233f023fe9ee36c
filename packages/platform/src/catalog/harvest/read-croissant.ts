import { OutboundError } from '../../kernel/index.ts';
import { fieldOf, listOf } from './read-json.ts';
import { cleaned, licenceOf, type RemoteFile, type RemoteRecord, webAddress } from './remote-record.ts';

/** A text, or the first of a map of languages. */
const textOf = (value: unknown, longest: number): string =>
  cleaned(typeof value === 'object' && value !== null ? Object.values(value)[0] : value, longest);

function fileOf(value: unknown): RemoteFile | null {
  const url = webAddress(fieldOf(value, 'contentUrl'));
  if (url === null) return null;
  const hash = cleaned(fieldOf(value, 'sha256'), 200).toLowerCase();
  const size = /^(\d{1,15})( ?B)?$/.exec(cleaned(fieldOf(value, 'contentSize'), 40))?.[1];
  return {
    name: textOf(fieldOf(value, 'name'), 200) || url,
    url,
    mediaType: cleaned(listOf(fieldOf(value, 'encodingFormat'))[0], 100) || null,
    bytes: size === undefined ? null : Number(size),
    sha256: /^[0-9a-f]{64}$/.test(hash) ? hash : null,
  };
}

/** The one dataset of a Croissant document. */
export function readCroissant(document: unknown, url: string): RemoteRecord {
  const conforms = listOf(fieldOf(document, 'conformsTo') ?? fieldOf(document, 'dct:conformsTo')).map((one) =>
    cleaned(typeof one === 'object' ? fieldOf(one, '@id') : one, 200),
  );
  const name = textOf(fieldOf(document, 'name'), 200);
  if (name === '' || !conforms.some((one) => one.includes('mlcommons.org/croissant')))
    throw new OutboundError('it is no Croissant document: it has no name, or does not say that it conforms');
  const licences = listOf(fieldOf(document, 'license')).flatMap(
    (one) => licenceOf(typeof one === 'object' ? (fieldOf(one, '@id') ?? fieldOf(one, 'url')) : one) ?? [],
  );
  return {
    name,
    remoteId: cleaned(fieldOf(document, '@id') ?? fieldOf(document, 'url'), 500) || url,
    description: textOf(fieldOf(document, 'description'), 5000),
    publisher: textOf(fieldOf(listOf(fieldOf(document, 'publisher'))[0], 'name'), 200),
    keywords: listOf(fieldOf(document, 'keywords'))
      .slice(0, 50)
      .map((one) => cleaned(one, 100))
      .filter((one) => one !== ''),
    licences: [...new Set(licences)].sort().slice(0, 20),
    access: cleaned(fieldOf(document, 'conditionsOfAccess'), 4000),
    page: webAddress(fieldOf(document, 'url')),
    modified: cleaned(fieldOf(document, 'dateModified'), 40) || null,
    files: listOf(fieldOf(document, 'distribution'))
      .slice(0, 100)
      .flatMap((one) => fileOf(one) ?? []),
  };
}
