import { invalidField } from '@genesis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from '../../kernel/index.ts';
import type { Caller, TrackingParts } from '../../tracking/index.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One call of an operation: fields of the body, or of the query of a GET, with those of the path among them. */
export type Call<Fields> = { parts: TrackingParts; caller: Caller; fields: Fields };

/** An operation of MLflow's REST API; every path has a version, and clients of several versions call it. */
export type Operation = {
  methods: readonly Method[];
  /** Below `/api/2.0`, with `:name` for parameters. */
  path: string;
  fields: z.ZodType;
  handle: (call: Call<never>) => Promise<object>;
};

/** States an operation with its types checked against each other. */
export const operation = <Fields extends z.ZodType>(
  methods: Method | readonly Method[],
  path: string,
  fields: Fields,
  handle: (call: Call<z.output<Fields>>) => Promise<object>,
): Operation => ({ methods: [methods].flat(), path, fields, handle: handle as Operation['handle'] });

/** The id of the run that a call is about. */
export function runOf({
  run_id,
  run_uuid,
}: {
  run_id?: string | undefined;
  run_uuid?: string | undefined;
}): string {
  const id = run_id || run_uuid;
  if (id === undefined || id === '') throw invalidField('run_id', 'Missing value for required parameter');
  return id;
}

/** Whoever sent a request, as tracking has to know them. */
export type CallerOf = (request: FastifyRequest) => Caller;

/** The first problem that zod found, in MLflow's words for the field. */
function assertFields<Output>(schema: z.ZodType<Output>, given: unknown): Output {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'body';
  throw invalidField(`Invalid value for parameter '${field}'`, issue?.message ?? 'is not valid');
}

/** Largest body of a call: a batch of 1000 metrics takes about 100 KB, the profile of a dataset up to 1 MB. */
const bodyLimit = 16 * 1024 * 1024;

const versions = ['/api/2.0', '/api/3.0'] as const;

/** Registers an operation under every version of the API. */
export function register(app: App, parts: TrackingParts, callerOf: CallerOf, given: Operation): void {
  const { methods, path, fields, handle } = given;
  for (const method of methods)
    for (const version of versions)
      app.route({
        ...{ method, url: `${version}${path}`, bodyLimit },
        schema: {
          hide: true,
          params: z.any(),
          querystring: z.any(),
          ...(method === 'GET' ? {} : { body: z.any() }),
        },
        handler: async (request: FastifyRequest, reply: FastifyReply) => {
          const sent = method === 'GET' ? request.query : request.body;
          const content = typeof sent === 'object' && sent !== null ? sent : {};
          const named = request.params as Record<string, string>;
          const call = {
            parts,
            caller: callerOf(request),
            fields: assertFields(fields, { ...content, ...named }),
          };
          return await reply.send(await handle(call as Call<never>));
        },
      });
}

/** Fields of nothing. */
export const nothing = z.object({});
