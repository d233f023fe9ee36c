import { GenesisError } from '@genesis/contracts';
import { z } from 'zod';
import type { ReadScope } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import type { App, Cursors } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { type OaiItem, oaiAnswers, oaiEnvelope } from '../standards/oai-answer.ts';
import {
  OaiError,
  type OaiRequest,
  type OaiSelection,
  oaiPrefixes,
  readOaiRequest,
} from '../standards/oai-request.ts';
import type { Written } from '../standards/xml.ts';
import {
  type DescribedRecord,
  describeDataset,
  describedOwners,
  describePage,
  type MetadataParts,
} from './describe.ts';

/** Records of one answer. */
const usualPage = 100;

/** Where a list goes on. It names nothing but what was shown and asked for. */
const tokenSchema = z.strictObject({
  verb: z.enum(['ListIdentifiers', 'ListRecords']),
  after: z.string(),
  prefix: z.enum(oaiPrefixes),
  from: z.number().exactOptional(),
  until: z.number().exactOptional(),
  set: z.string().exactOptional(),
});
type OaiToken = z.output<typeof tokenSchema>;

/** Arguments may come more than once: the protocol has a word for that, so the shape takes it. */
const argumentsSchema = z.record(z.string().max(100), z.union([z.string(), z.array(z.string())]));

const pairsOf = (given: Record<string, string | string[]>): [string, string][] =>
  Object.entries(given).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );

/** Arguments that an answer may repeat: those of the protocol, each once. */
const repeated = (pairs: readonly [string, string][]): Record<string, string> => Object.fromEntries(pairs);

type Parts = MetadataParts & { cursors: Cursors };

/** Answers of OAI-PMH 2.0 about what the principal may see. */
export function createOai(parts: Parts, pageSize = usualPage) {
  const { door, cursors, site, clock } = parts;
  const idOf = (dataset: string): string => `oai:${new URL(site().url).hostname}:${dataset}`;
  const itemOf = ({ record, datestamp, owner }: DescribedRecord): OaiItem => ({
    ...{ identifier: idOf(record.id), datestamp, record },
    set: owner,
  });
  const unknown = (): OaiError => new OaiError('idDoesNotExist', 'There is no such record that you may see.');

  async function find(principal: PrincipalFacts, identifier: string): Promise<DescribedRecord> {
    const dataset = identifier.slice(identifier.lastIndexOf(':') + 1);
    if (identifier !== idOf(dataset) || !/^dst_[0-9a-z]{26}$/.test(dataset)) throw unknown();
    try {
      return await describeDataset(parts, principal, dataset, 'explore');
    } catch (error) {
      if (error instanceof GenesisError && ['not-found', 'denied'].includes(error.failure.code))
        throw unknown();
      throw error;
    }
  }

  function readToken(verb: OaiToken['verb'], text: string): OaiToken {
    try {
      const token = cursors.decode('oai', text, tokenSchema);
      if (token.verb === verb) return token;
    } catch (error) {
      if (!(error instanceof GenesisError || error instanceof z.ZodError)) throw error;
    }
    throw new OaiError(
      'badResumptionToken',
      'Expected the resumptionToken of an earlier answer to this verb.',
    );
  }

  async function list(
    scope: ReadScope,
    verb: OaiToken['verb'],
    selection: OaiSelection,
    after?: string,
  ): Promise<Written> {
    const { prefix, from, until, set } = selection;
    const { records, next } = await describePage(parts, scope, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      ...(set === undefined ? {} : { owner: set }),
    });
    // What a token goes on with may have been hidden since: then the list is at its end.
    if (records.length === 0 && after === undefined)
      throw new OaiError('noRecordsMatch', 'Nothing that you may see is like that.');
    if (records.length === 0)
      throw new OaiError('badResumptionToken', 'Nothing is left of this list: begin it anew.');
    const token = next === null ? null : cursors.encode('oai', { verb, ...selection, after: next });
    const partial = after !== undefined || token !== null;
    return oaiAnswers.list(verb, records.map(itemOf), prefix, partial ? token : undefined);
  }

  async function answer(principal: PrincipalFacts, request: OaiRequest): Promise<Written> {
    const scope = door.authorize(principal, 'explore');
    const { url, name, email } = site();
    switch (request.verb) {
      case 'Identify':
        return oaiAnswers.identify({ name, baseUrl: `${url}/oai`, email });
      case 'ListMetadataFormats':
        if (request.identifier !== undefined) await find(principal, request.identifier);
        return oaiAnswers.formats();
      case 'ListSets': {
        const owners = await describedOwners(parts, scope);
        if (owners.length === 0) throw new OaiError('noSetHierarchy', 'There are no sets that you may see.');
        return oaiAnswers.sets(owners.map(({ id, name: owner }) => ({ spec: id, name: owner })));
      }
      case 'GetRecord':
        return oaiAnswers.record(itemOf(await find(principal, request.identifier)), request.prefix);
      default: {
        if ('selection' in request) return await list(scope, request.verb, request.selection);
        const { after, verb, ...selection } = readToken(request.verb, request.resumptionToken);
        return await list(scope, verb, selection, after);
      }
    }
  }

  return async (principal: PrincipalFacts, pairs: [string, string][]): Promise<string> => {
    const envelope = { baseUrl: `${site().url}/oai`, at: clock.now().getTime() };
    try {
      const request = readOaiRequest(pairs);
      const content = await answer(principal, request);
      return oaiEnvelope(content, { ...envelope, arguments: repeated(pairs) });
    } catch (error) {
      if (!(error instanceof OaiError)) throw error;
      const refused = error.code === 'badVerb' || error.code === 'badArgument';
      return oaiEnvelope(oaiAnswers.error(error), {
        ...envelope,
        arguments: refused ? null : repeated(pairs),
      });
    }
  };
}

/** OAI-PMH 2.0 at `/oai`, by GET and POST. Without a token it shows what is public. */
export function oaiRoutes(app: App, parts: Parts): void {
  const oai = createOai(parts);
  const xml = 'text/xml; charset=utf-8';
  const options = { config: { public: true } };
  app.get(
    '/oai',
    { ...options, schema: { hide: true, querystring: argumentsSchema } },
    async (request, reply) =>
      await reply.header('content-type', xml).send(await oai(principalOf(request), pairsOf(request.query))),
  );
  // Forms are taken here and nowhere else.
  app.register(async (inner) => {
    inner.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 10_000 },
      (_request, body, done) => {
        const form = new URLSearchParams(body.toString());
        const given = [...new Set(form.keys())].map((name) => [name, form.getAll(name)] as const);
        done(null, Object.fromEntries(given));
      },
    );
    inner.post(
      '/oai',
      { ...options, schema: { hide: true, body: argumentsSchema } },
      async (request, reply) =>
        await reply
          .header('content-type', xml)
          .send(await oai(principalOf(request), pairsOf(request.body as Record<string, string | string[]>))),
    );
  });
}
