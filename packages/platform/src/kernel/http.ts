import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import { type FastifyReply, fastify, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { untilBeat } from './absence-beat.ts';
import { streamsOf } from './event-stream.ts';
import type { createLog } from './log.ts';
import { type Outgoing, problemDocument, toOutgoing } from './problem.ts';
import { assertTakesBody, assertWritable } from './request-body.ts';

/** Media types whose bodies reach the route as a stream, never held in memory. */
const uploadTypes = [
  'application/octet-stream',
  'application/offset+octet-stream',
  'text/csv',
  'application/vnd.apache.parquet',
  'application/vnd.apache.arrow.stream',
  'application/vnd.apache.arrow.file',
  'application/zip',
];

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A stop waits so long for answers that are under way, then their connections are closed. */
const mostStopMs = 10_000;

/** Objects that let unknown fields pass would hide a caller's mistakes, so they do not even register. */
const assertStrict = (schema: unknown, place: string): void => {
  if (schema instanceof z.ZodObject && !(schema.def.catchall instanceof z.ZodNever)) {
    throw new Error(`${place}: use z.strictObject, so that unknown fields are refused`);
  }
};

/** Whether a route's pattern (`/runs/:id`, `/files/*`) covers a path. */
const covers = (pattern: string): ((path: string) => boolean) => {
  const source = pattern
    .split('/')
    .map((step) =>
      step === '*' ? '.*' : step.startsWith(':') ? '[^/]+' : step.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
  const expression = new RegExp(`^${source}/?$`);
  return (path) => expression.test(path);
};

const send = (reply: FastifyReply, answer: Outgoing): FastifyReply => {
  const { failure } = answer;
  if ('retryAfterSeconds' in failure && failure.retryAfterSeconds !== undefined)
    reply.header('retry-after', failure.retryAfterSeconds);
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer realm="genesis"');
  return reply
    .status(answer.status)
    .type('application/problem+json')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(problemDocument(answer, reply.request));
};

/**
 * The web server with everything that routes share: zod schemas as validators, OpenAPI 3.1 at `/openapi.json`, errors
 * as RFC 9457 problems (never a stack or a secret, and 404 on a beat), request ids, security headers. A query without a schema must be
 * empty, and object schemas must be strict. Closing it ends the streams of events and does not wait for slow readers.
 */
export const createApp = async (options: {
  log: ReturnType<typeof createLog>;
  bodyLimitBytes: number;
  title: string;
  version: string;
}) => {
  const app = fastify({
    loggerInstance: options.log,
    bodyLimit: options.bodyLimitBytes,
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    requestTimeout: 0,
    connectionTimeout: 0,
    frameworkErrors: (error, request, reply) => {
      void send(reply as FastifyReply, toOutgoing(error, request));
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addContentTypeParser(uploadTypes, (_request, payload, done) => done(null, payload));
  app.removeContentTypeParser('text/plain');

  const routes: { method: string; covers: (path: string) => boolean }[] = [];
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat();
    const schema = route.schema ?? {};
    assertStrict(schema.querystring, `${methods.join('/')} ${route.url}, query`);
    assertStrict(schema.body, `${methods.join('/')} ${route.url}, body`);
    route.schema = { querystring: z.strictObject({}), ...schema };
    for (const method of methods) routes.push({ method, covers: covers(route.url) });
  });

  app.addHook('onRequest', async (request, reply) => {
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding === 'identity') return;
    // What a packed body would unpack to is not known before.
    const message = `The content encoding "${encoding}" is not taken here: send the body as it is.`;
    await send(reply, { status: 415, failure: { code: 'unsupported', message } });
  });
  app.addHook('preValidation', async ({ body, params, query, routeOptions }) => {
    assertTakesBody(body, routeOptions.schema?.body !== undefined);
    assertWritable(body);
    // Copies: the router's own objects are of classes of their own.
    assertWritable({ ...(query as object) }, 'query');
    assertWritable({ ...(params as object) }, 'params');
  });
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode === 404) await untilBeat(() => reply.elapsedTime);
    for (const [name, value] of Object.entries(securityHeaders)) {
      if (!reply.hasHeader(name)) reply.header(name, value);
    }
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const fields = { method: request.method, route: request.routeOptions.url, status: reply.statusCode };
    request.log.debug({ ...fields, milliseconds: Math.round(reply.elapsedTime) }, 'request');
  });

  const streams = streamsOf(app.server);
  let closing: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    streams.end();
    const began = performance.now();
    // Connections that became idle since the stop began are nobody's to close but ours.
    closing = setInterval(() => {
      if (performance.now() - began < mostStopMs) app.server.closeIdleConnections();
      else app.server.closeAllConnections();
    }, 50);
    done();
  });
  app.addHook('onClose', async () => clearInterval(closing));

  app.setErrorHandler((error, request, reply) => {
    const answer = toOutgoing(error, request);
    if (answer.status >= 500) request.log.error({ err: error }, 'A request failed');
    return send(reply, answer);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = [...new Set(routes.filter((route) => route.covers(path)).map((route) => route.method))];
    if (allowed.length === 0) {
      return send(reply, { status: 404, failure: { code: 'not-found', message: 'There is no such path.' } });
    }
    reply.header('allow', allowed.join(', '));
    const message = `${request.method} is not possible here; possible: ${allowed.join(', ')}.`;
    return send(reply, { status: 405, failure: { code: 'unsupported', message } });
  });

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: options.title, version: options.version },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { schema: { hide: true }, config: { public: true } }, () => app.swagger());
  return app;
};

export type App = Awaited<ReturnType<typeof createApp>>;
