import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { GenesisError, labelSchema } from '@genesis/contracts';
import { canonicalJson } from '@genesis/evidence';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type ServerEvent, sendEvents } from './event-stream.ts';
import { type App, createApp } from './http.ts';
import { createLog } from './log.ts';

const apps: App[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

const build = async (lines: string[] = []) => {
  const log = createLog({ level: 'debug', destination: { write: (line) => lines.push(line) } });
  const app = await createApp({ log, bodyLimitBytes: 2000, title: 'Test', version: '1' });
  apps.push(app);
  const schema = {
    params: z.strictObject({ id: z.string().max(10) }),
    querystring: z.strictObject({ limit: z.coerce.number().int().max(10).default(5) }),
    body: z.strictObject({
      name: z.string().min(1),
      size: z.number(),
      tags: z.array(z.string()).default([]),
    }),
    response: { 200: z.strictObject({ name: z.string(), limit: z.number(), label: labelSchema }) },
  };
  app.post('/things/:id', { schema }, async ({ body, query }) => ({
    name: body.name,
    limit: query.limit,
    label: { level: 'public' as const, categories: [] },
  }));
  app.get('/fail/:how', { schema: { params: z.strictObject({ how: z.string() }) } }, async ({ params }) => {
    const decision = {
      effect: 'deny',
      rationaleCode: 'x',
      rules: [],
      obligations: [],
      needed: ['a clearance'],
    } as const;
    if (params.how === 'denied') {
      throw new GenesisError({
        code: 'denied',
        message: 'Not for you.',
        decision: { ...decision, rules: [], obligations: [], needed: [...decision.needed] },
      });
    }
    if (params.how === 'unavailable') {
      throw new GenesisError({ code: 'unavailable', message: 'Later.', retryAfterSeconds: 7 });
    }
    if (params.how === 'internal') throw new GenesisError({ code: 'internal', message: 'key=geheim' });
    if (params.how === 'database') throw Object.assign(new Error('terminating'), { code: '57P01' });
    throw new Error('password=geheim');
  });
  app.put('/upload', async (request) => {
    let bytes = 0;
    for await (const chunk of request.body as Readable) bytes += (chunk as Buffer).length;
    return { bytes };
  });
  return app;
};

const thing = { method: 'POST', url: '/things/a', headers: { 'content-type': 'application/json' } } as const;

test('a good request passes, with security headers and a request id', async () => {
  const answer = await (await build()).inject({ ...thing, payload: { name: 'x', size: 1 } });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ name: 'x', limit: 5, label: { level: 'public', categories: [] } });
  expect(answer.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test.each([
  ['no JSON', thing.url, '{name', 400, 'invalid-input', 'body'],
  ['an empty body', thing.url, '', 400, 'invalid-input', 'body'],
  [
    'a prototype in JSON',
    thing.url,
    '{"__proto__": {}, "name": "x", "size": 1}',
    400,
    'invalid-input',
    'body',
  ],
  ['an unknown field', thing.url, '{"name": "x", "size": 1, "colour": "red"}', 400, 'invalid-input', 'body'],
  ['a missing field', thing.url, '{"name": "x"}', 400, 'invalid-input', 'body.size'],
  [
    'a wrong type inside',
    thing.url,
    '{"name": "x", "size": 1, "tags": ["a", 1]}',
    400,
    'invalid-input',
    'body.tags.1',
  ],
  [
    'a number that is too large to be one',
    thing.url,
    '{"name": "x", "size": 1e999}',
    400,
    'invalid-input',
    'body.size',
  ],
  ['an unknown query', `${thing.url}?many=1`, '{"name": "x", "size": 1}', 400, 'invalid-input', 'query'],
  ['a wrong query', `${thing.url}?limit=99`, '{"name": "x", "size": 1}', 400, 'invalid-input', 'query.limit'],
  ['a wrong path', '/things/abcdefghijklm', '{"name": "x", "size": 1}', 400, 'invalid-input', 'params.id'],
  [
    'a very long path',
    `/things/${'a'.repeat(500)}`,
    '{"name": "x", "size": 1}',
    400,
    'invalid-input',
    'path',
  ],
  ['a broken escape in the path', '/things/%zz', '{"name": "x", "size": 1}', 400, 'invalid-input', 'path'],
  ['a body that is too large', thing.url, `{"name": "${'x'.repeat(3000)}"}`, 413, 'too-large', undefined],
])('%s is a clear problem', async (_name, url, payload, status, code, field) => {
  const answer = await (await build()).inject({ ...thing, url, payload });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = answer.json();
  expect(problem).toMatchObject({
    status,
    code,
    type: `urn:genesis:problem:${code}`,
    requestId: expect.any(String),
  });
  expect(answer.statusCode).toBe(status);
  if (field !== undefined) expect(problem.problems[0].field).toBe(field);
});

test.each([
  ['an unknown path', { method: 'GET', url: '/nothing' }, 404, 'not-found'],
  ['an unknown method', { method: 'DELETE', url: '/things/a' }, 405, 'unsupported'],
  [
    'an unknown media type',
    { ...thing, headers: { 'content-type': 'text/plain' }, payload: 'x' },
    415,
    'unsupported',
  ],
  ['a query where none is read', { method: 'PUT', url: '/upload?x=1' }, 400, 'invalid-input'],
] as const)('%s is a clear problem', async (_name, request, status, code) => {
  const answer = await (await build()).inject(request);
  expect(answer.json()).toMatchObject({ status, code });
  expect(answer.statusCode).toBe(status);
  if (status === 405) expect(answer.headers['allow']).toBe('POST');
});

test('a denial carries its decision and what would be needed', async () => {
  const answer = await (await build()).inject({ url: '/fail/denied' });
  expect(answer.statusCode).toBe(403);
  expect(answer.json()).toMatchObject({
    detail: 'Not for you.',
    needed: ['a clearance'],
    decision: { effect: 'deny' },
  });
});

test('what may be tried again says when', async () => {
  const answer = await (await build()).inject({ url: '/fail/unavailable' });
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('7');
  expect((await (await build()).inject({ url: '/fail/database' })).statusCode).toBe(503);
});

test.each(['internal', 'other'])(
  'an error within (%s) tells the log everything and the caller nothing',
  async (how) => {
    const lines: string[] = [];
    const answer = await (await build(lines)).inject({
      url: `/fail/${how}`,
      headers: { authorization: 'Bearer geheimer' },
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/geheim|at |\.ts/);
    const { requestId } = answer.json();
    const failed = lines.map((line) => JSON.parse(line)).find((line) => line.msg === 'A request failed');
    expect(failed).toMatchObject({
      reqId: requestId,
      err: { stack: expect.stringContaining('http.test.ts') },
    });
    expect(lines.join('')).not.toContain('geheimer');
  },
);

test('bytes that are no HTTP get an answer and do not harm the server', async () => {
  const app = await build();
  const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(address.port), '127.0.0.1');
  socket.end('\u0000\u0001nonsense\r\n\r\n');
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  expect((await fetch(new URL('/nothing', address))).status).toBe(404);
});

test('an upload arrives as a stream, beyond the limit for JSON', async () => {
  const answer = await (await build()).inject({
    method: 'PUT',
    url: '/upload',
    headers: { 'content-type': 'application/octet-stream' },
    payload: Buffer.alloc(100_000),
  });
  expect(answer.json()).toEqual({ bytes: 100_000 });
});

test('the OpenAPI document is of version 3.1 and knows the routes', async () => {
  const document = (await (await build()).inject({ url: '/openapi.json' })).json();
  expect(document.openapi).toBe('3.1.0');
  const { requestBody } = document.paths['/things/{id}'].post;
  expect(requestBody.content['application/json'].schema).toMatchObject({
    additionalProperties: false,
    required: ['name', 'size'],
  });
});

test('a schema that lets unknown fields pass does not register', async () => {
  const app = await createApp({
    log: createLog({ level: 'silent' }),
    bodyLimitBytes: 1000,
    title: 'x',
    version: '1',
  });
  expect(() => app.post('/loose', { schema: { body: z.object({}) } }, async () => 'x')).toThrow(
    'z.strictObject',
  );
});

const listen = async (
  events: (after: string | undefined, signal: AbortSignal) => AsyncIterable<ServerEvent>,
) => {
  const app = await build();
  app.get('/events', (request, reply) => sendEvents(request, reply, events, { heartbeatMs: 50 }));
  return new URL('/events', await app.listen({ host: '127.0.0.1', port: 0 }));
};

test('events arrive with ids, heartbeats between them, and a problem at the end of a broken stream', async () => {
  const url = await listen(async function* (after) {
    yield { id: String(Number(after ?? 0) + 1), event: 'step', data: { text: 'a\nb' } };
    await new Promise((resolve) => setTimeout(resolve, 130));
    throw new GenesisError({ code: 'not-found', message: 'It was deleted.' });
  });
  const text = await (await fetch(url, { headers: { 'last-event-id': '41' } })).text();
  expect(text).toContain('id: 42\nevent: step\ndata: {"text":"a\\nb"}\n\n');
  expect(text.match(/: still here/g)?.length).toBe(2);
  expect(text).toMatch(/event: problem\ndata: .*"detail":"It was deleted\."/);
});

test('the source of events hears when its reader leaves', async () => {
  let left: (value: boolean) => void = () => undefined;
  const leaving = new Promise<boolean>((resolve) => {
    left = resolve;
  });
  const url = await listen(async function* (_after, signal) {
    yield { event: 'first', data: 1 };
    await once(signal, 'abort');
    left(true);
  });
  const controller = new AbortController();
  const answer = await fetch(url, { signal: controller.signal });
  await answer.body?.getReader().read();
  controller.abort();
  expect(await leaving).toBe(true);
});

test.each([
  ['body.name', { payload: { name: 'a\0', size: 1 } }],
  ['body.tags.0', { payload: '{"name": "x", "size": 1, "tags": ["\\ud800"]}' }],
  ['params.id', { url: '/things/a%00b', payload: { name: 'x', size: 1 } }],
  ['query.limit', { url: '/things/a?limit=%00', payload: { name: 'x', size: 1 } }],
])('text that nothing can hold is refused by its place: %s', async (field, change) => {
  const answer = await (await build()).inject({ ...thing, ...change });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().problems).toEqual([{ field, message: expect.stringContaining('NUL') }]);
});

test('where such a text got as far as the database, it is the mistake of the request too', async () => {
  const app = await build();
  app.get('/deep', async () => {
    throw new Error('Failed query', { cause: Object.assign(new Error('unsupported'), { code: '22P05' }) });
  });
  app.get('/hash', async () => canonicalJson({ text: 'a\ud800' }));
  for (const url of ['/deep', '/hash']) {
    const answer = await app.inject({ url });
    expect(answer.json()).toMatchObject({ code: 'invalid-input', problems: [{ field: 'request' }] });
  }
});

test('what is not there is answered on a beat, whatever the lookup took', async () => {
  const log = createLog({ level: 'silent', destination: { write: () => true } });
  const app = await createApp({ log, bodyLimitBytes: 2000, title: 'Test', version: '1' });
  apps.push(app);
  const params = z.strictObject({ ms: z.coerce.number() });
  app.get('/lookup/:ms', { schema: { params } }, async ({ params: { ms } }) => {
    for (const began = performance.now(); performance.now() - began < ms; );
    throw new GenesisError({ code: 'not-found', message: 'Nothing.' });
  });
  const left: number[] = [];
  app.addHook('onResponse', async (_request, reply) => void left.push(reply.elapsedTime));
  for (const path of ['/lookup/0', '/lookup/5', '/lookup/30', '/nowhere'])
    expect((await app.inject(path)).statusCode).toBe(404);
  // never before its beat; how long after it depends on the machine
  expect(left.map((ms) => ms >= 20)).toEqual([true, true, true, true]);
  expect(left[2]).toBeGreaterThanOrEqual(40);
});
