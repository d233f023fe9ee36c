import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Door, ReadScope } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { answerProblem } from './problem.ts';
import { type Uris, urisOf } from './uris.ts';

export type Version = 'v1' | 'v2';

/** One call of an operation. Reading is always for the purpose `explore`: the contract has no word for purposes. */
export type Call<Params, Query, Body> = {
  principal: PrincipalFacts;
  scope: ReadScope;
  params: Params;
  query: Query;
  body: Body;
  uris: Uris;
  /** A header, when it came once. */
  header: (name: string) => string | undefined;
  setHeader: (name: string, value: string) => void;
  /**
   * To be asked with the time (in milliseconds) of what would be shown: true where the caller has that already, by
   * `modified_since` or `If-Modified-Since`. The operation then returns `unchanged`.
   */
  isUnchanged: (modifiedAt: number, modifiedSince?: string) => boolean;
};

/** Instead of a result: the answer is 304. */
export const unchanged = Symbol('unchanged');

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Empty = Record<string, never>;

type Definition<Params, Query, Body, Answer> = {
  /** The official operationId. */
  id: string;
  method: Method;
  /** Below `/api/v2`, with `:name` for parameters. */
  path: string;
  summary: string;
  /** Needs no token. */
  public?: boolean;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** Headers that it knows, in small letters, all optional: programs read in the document what they may rely on. */
  headers?: Readonly<Record<string, z.ZodOptional<z.ZodString>>>;
  /** The content type of a body that the operation reads itself. */
  consumes?: string;
  answer: z.ZodType<Answer>;
  status?: 200 | 201 | 204;
  handle: (call: Call<Params, Query, Body>) => Promise<Answer | typeof unchanged>;
};

/** What routes are made of, whatever the types within. */
export type Operation = Omit<
  Definition<never, never, never, unknown>,
  'params' | 'query' | 'body' | 'answer'
> & {
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType | undefined;
  answer: z.ZodType;
};

const nothing = z.strictObject({});

/** States an operation with its types checked against each other. */
export const operation = <Params = Empty, Query = Empty, Body = undefined, Answer = never>(
  definition: Definition<Params, Query, Body, Answer>,
): Operation =>
  ({
    ...definition,
    params: definition.params ?? nothing,
    query: definition.query ?? nothing,
    body: definition.body,
  }) as unknown as Operation;

/** Where the caller found the API: what is answered leads back to the same place. */
const baseOf = (request: FastifyRequest, version: Version): string =>
  `${request.protocol}://${request.host}/api/${version}`;

const secondsOf = (time: number): number => Math.floor(time / 1000);

function callOf(
  request: FastifyRequest,
  reply: FastifyReply,
  door: Door,
  version: Version,
  body: unknown,
): Call<never, never, never> {
  const principal = principalOf(request);
  return {
    principal,
    scope: door.authorize(principal, 'explore'),
    params: request.params as never,
    query: request.query as never,
    body: body as never,
    uris: urisOf(baseOf(request, version)),
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? undefined : value;
    },
    setHeader: (name, value) => void reply.header(name, value),
    isUnchanged: (modifiedAt, modifiedSince) => {
      reply.header('last-modified', new Date(modifiedAt).toUTCString());
      const since = Date.parse(modifiedSince ?? request.headers['if-modified-since'] ?? '');
      return !Number.isNaN(since) && secondsOf(modifiedAt) <= secondsOf(since);
    },
  };
}

export type Route = {
  version: Version;
  operation: Operation;
  method?: Method;
  /** Where the fields of the body come in the query instead. */
  query?: z.ZodType;
  /** From the answer of the newest version to the one that this version has. */
  translate?: (answer: unknown) => unknown;
};

/** Registers an operation. Those of the newest version are in the OpenAPI document, under their official names. */
export function register(app: App, door: Door, route: Route): void {
  const { version, operation: one, translate } = route;
  const inQuery = route.query !== undefined;
  app.route({
    method: route.method ?? one.method,
    url: `/api/${version}${one.path}`,
    config: one.public === true ? { public: true } : {},
    errorHandler: (error, request, reply) => {
      void answerProblem(error, request, reply);
    },
    schema: {
      hide: version !== 'v2',
      tags: [`iri ${one.path.split('/')[1] ?? ''}`],
      summary: one.summary,
      operationId: one.id,
      ...(one.public === true ? { security: [] } : {}),
      ...(one.consumes === undefined ? {} : { consumes: [one.consumes] }),
      params: one.params,
      querystring: route.query ?? one.query,
      // all others pass: what is validated takes the place of what came
      ...(one.headers === undefined ? {} : { headers: z.looseObject(one.headers) }),
      ...(one.body === undefined || inQuery ? {} : { body: one.body }),
      ...(translate === undefined ? { response: { [one.status ?? 200]: one.answer } } : {}),
    },
    handler: async (request, reply) => {
      const body = inQuery ? request.query : request.body;
      const answer = await one.handle(callOf(request, reply, door, version, body));
      if (answer === unchanged) return await reply.status(304).send();
      if (one.status === 204) return await reply.status(204).send();
      const shown = translate === undefined ? answer : translate(answer);
      reply.status(one.status ?? 200).type('application/json; charset=utf-8');
      // a text would go out as it is, which is no JSON
      return await reply.send(typeof shown === 'string' ? JSON.stringify(shown) : shown);
    },
  });
}
