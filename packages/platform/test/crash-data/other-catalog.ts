import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const perPage = 6;
/** More than one transaction of a harvest enters. */
const dcatRecords = 700;
const oaiRecords = 4 * perPage;

/** A catalog has two generations: the second changes the records of even numbers, lacks every seventh, and has some more. */
export type Generation = 1 | 2;
export type Listed = 'oai' | 'dcat';

const lengths = { oai: oaiRecords, dcat: dcatRecords };
const vanishes = (number: number): boolean => number % 7 === 3;

/** The generation of each record that a catalog holds, by identifier. */
export function held(which: Listed, generation: Generation): Map<string, Generation> {
  const more = generation === 1 ? 0 : perPage;
  const numbers = Array.from({ length: lengths[which] + more }, (_, number) => number);
  return new Map(
    numbers
      .filter((number) => generation === 1 || number >= lengths[which] || !vanishes(number))
      .map((number) => {
        const isNew = generation === 2 && (number % 2 === 0 || number >= lengths[which]);
        return [`${which}:${number}`, isNew ? 2 : 1];
      }),
  );
}

/** What a record says, all of it of one generation. */
export const wordsOf = (id: string, generation: Generation) => ({
  name: `Record ${id} as of ${generation}`,
  description: `What ${id} says in generation ${generation}.`,
  keywords: [`generation-${generation}`],
  licences: [generation === 1 ? 'MIT' : 'Apache-2.0'],
});

export const file = Buffer.from(
  `a,b\n${Array.from({ length: 20_000 }, (_, row) => `${row},${row * 3}`).join('\n')}\n`,
);
export const fileSha256 = createHash('sha256').update(file).digest('hex');

function oaiPage(generation: Generation, token: string | null): string {
  const at = Number(token ?? 0);
  const all = [...held('oai', generation)];
  const records = all.slice(at, at + perPage).map(([id, of]) => {
    const { name, description, keywords, licences } = wordsOf(id, of);
    return `<record><header><identifier>${id}</identifier></header><metadata><dc xmlns="x"><title>${name}</title>
      <description>${description}</description><subject>${keywords[0]}</subject><rights>${licences[0]}</rights></dc></metadata></record>`;
  });
  const next = at + perPage;
  const more = next < all.length ? `<resumptionToken>${next}</resumptionToken>` : '';
  return `<OAI-PMH><ListRecords>${records.join('')}${more}</ListRecords></OAI-PMH>`;
}

const dcatPage = (generation: Generation, host: string): string =>
  JSON.stringify({
    dataset: [...held('dcat', generation)].map(([id, of]) => {
      const { name, description, keywords, licences } = wordsOf(id, of);
      const downloadURL = `http://${host}/file.csv`;
      const checksum = { algorithm: 'SHA-256', checksumValue: fileSha256 };
      return {
        ...{ identifier: id, title: name, description, keyword: keywords, license: licences[0] },
        distribution: [{ title: 'file.csv', downloadURL, mediaType: 'text/csv', checksum }],
      };
    }),
  });

export type OtherCatalog = {
  /** HOST:PORT. */
  host: string;
  show(generation: Generation): void;
  close(): Promise<void>;
};

/** A small catalog of another institution: pages of OAI-PMH at /oai, one of DCAT-US at /data.json, and a file. Slow, as they are. */
export async function startOtherCatalog(): Promise<OtherCatalog> {
  let generation: Generation = 1;
  let host = '';
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const answer = (): Buffer | string | null => {
      if (pathname === '/oai') return oaiPage(generation, searchParams.get('resumptionToken'));
      if (pathname === '/data.json') return dcatPage(generation, host);
      return pathname === '/file.csv' ? file : null;
    };
    setTimeout(() => {
      const body = answer();
      if (body === null) response.writeHead(404).end();
      else response.end(body);
    }, 60);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    show: (next) => {
      generation = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
