import { type Outbound, OutboundError } from '../../kernel/index.ts';
import type { HarvestKind } from './model.ts';
import { readCroissant } from './read-croissant.ts';
import { readDcatUs } from './read-dcat-us.ts';
import { readJson } from './read-json.ts';
import { readOai } from './read-oai.ts';
import type { RemoteRecord } from './remote-record.ts';

/** A page of another catalog: where it was read, what it says, and where the next one is. */
export type Page = { origin: string; records: RemoteRecord[]; next: string | null };

const limits = { timeoutMs: 120_000, mostBytes: 64 * 2 ** 20 };
const genesisPage = 200;

const oaiAddress = (url: string, token: string | null): string => {
  const address = new URL(url);
  const query =
    token === null
      ? { verb: 'ListRecords', metadataPrefix: 'oai_dc' }
      : { verb: 'ListRecords', resumptionToken: token };
  address.search = new URLSearchParams(query).toString();
  return address.href;
};

/** The catalog of another Genesis, after the dataset with this id. */
function genesisAddress(url: string, after: string | null): string {
  const address = new URL(`${url.replace(/\/+$/, '')}/v1/catalog/dcat-us`);
  address.searchParams.set('limit', String(genesisPage));
  if (after !== null) address.searchParams.set('after', after);
  return address.href;
}

/**
 * Reads one page of another catalog.
 *
 * @param cursor what the page before gave as `next`; null for the first
 * @throws OutboundError where there is no answer, or none of the kind
 */
export async function readPage(
  outbound: Outbound,
  { url, kind }: { url: string; kind: HarvestKind },
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const get = (address: string, accept: string): Promise<Buffer> =>
    outbound.get(address, { ...limits, accept, signal });
  switch (kind) {
    case 'dcat-us':
      return { origin: url, records: readDcatUs(readJson(await get(url, 'application/json'))), next: null };
    case 'croissant':
      return {
        origin: url,
        records: [readCroissant(readJson(await get(url, 'application/ld+json')), url)],
        next: null,
      };
    case 'oai-pmh': {
      const origin = oaiAddress(url, cursor);
      const page = readOai(await get(origin, 'text/xml'));
      if (page.next !== null && page.next === cursor)
        throw new OutboundError('its resumptionToken leads to itself');
      return { origin: url, ...page };
    }
    case 'genesis': {
      const records = readDcatUs(readJson(await get(genesisAddress(url, cursor), 'application/json')));
      const last = records.at(-1)?.remoteId ?? null;
      return { origin: url, records, next: records.length < genesisPage ? null : last };
    }
  }
}
