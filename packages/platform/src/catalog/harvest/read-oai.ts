import { OutboundError } from '../../kernel/index.ts';
import { childOf, childrenOf, readXml, type XmlNode } from './read-xml.ts';
import { cleaned, licenceOf, type RemoteRecord, webAddress } from './remote-record.ts';

const isAddress = (text: string): boolean => webAddress(text) !== null;

function recordOf(record: XmlNode): RemoteRecord | null {
  const remoteId = cleaned(childOf(childOf(record, 'header'), 'identifier')?.text, 500);
  const dc = childOf(childOf(record, 'metadata'), 'dc');
  const all = (name: string, longest: number): string[] =>
    childrenOf(dc, name)
      .map(({ text }) => cleaned(text, longest))
      .filter((text) => text !== '');
  const [name] = all('title', 200);
  // A record that was deleted there has no metadata.
  if (remoteId === '' || name === undefined) return null;
  const rights = all('rights', 2000);
  const licences = rights.filter((one) => isAddress(one) || /^[A-Za-z0-9.+-]+$/.test(one));
  return {
    ...{ remoteId, name },
    description: all('description', 5000).join('\n\n').slice(0, 5000),
    publisher: all('publisher', 200)[0] ?? '',
    keywords: all('subject', 100).slice(0, 50),
    licences: [...new Set(licences.flatMap((one) => licenceOf(one) ?? []))].sort().slice(0, 20),
    access: rights
      .filter((one) => !licences.includes(one))
      .join(' ')
      .slice(0, 4000),
    page: webAddress(all('identifier', 2000).find(isAddress)),
    modified: cleaned(childOf(childOf(record, 'header'), 'datestamp')?.text, 40) || null,
    files: [],
  };
}

/** One answer to ListRecords: its records in Dublin Core, and the token of the next; an empty list where nothing matches. */
export function readOai(bytes: Uint8Array): { records: RemoteRecord[]; next: string | null } {
  const root = readXml(bytes);
  if (root.name !== 'OAI-PMH') throw new OutboundError('it is no answer of OAI-PMH');
  const error = childOf(root, 'error');
  const list = childOf(root, 'ListRecords');
  if (list === undefined) {
    if (error?.attributes['code'] === 'noRecordsMatch') return { records: [], next: null };
    throw new OutboundError(`OAI-PMH says: ${cleaned(error?.text, 200) || 'nothing that is known here'}`);
  }
  const token = childOf(list, 'resumptionToken')?.text.trim() ?? '';
  return {
    records: childrenOf(list, 'record').flatMap((one) => recordOf(one) ?? []),
    next: token === '' ? null : token,
  };
}
