import { expect, test } from 'vitest';
import { createClient, dataOf } from './client.ts';
import { ProblemError, UnreachableError } from './problem.ts';

const answering = (status: number, body: unknown, type = 'application/json') => {
  const seen: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    seen.push(request);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return await Promise.resolve(new Response(text, { status, headers: { 'content-type': type } }));
  };
  return { seen, client: createClient({ url: 'http://lab:7470/', token: 'secret', fetch }) };
};

test('calls carry the token and fill in the path', async () => {
  const { seen, client } = answering(200, { done: true });
  const params = { path: { id: 'cmp_1' } };
  expect(dataOf(await client.api.POST('/v1/campaigns/{id}/stop', { params }))).toEqual({ done: true });
  expect(seen[0]?.url).toBe('http://lab:7470/v1/campaigns/cmp_1/stop');
  expect(seen[0]?.headers.get('authorization')).toBe('Bearer secret');
});

test('a refusal becomes a problem, from typed and from raw calls', async () => {
  const document = {
    type: 'urn:genesis:problem:denied',
    title: 'No',
    status: 403,
    detail: 'Denied.',
    needed: ['a role'],
  };
  const { client } = answering(403, document, 'application/problem+json');
  const problem = { code: 'denied', status: 403, detail: 'Denied.', needed: ['a role'] };
  await expect(client.api.GET('/v1/me')).rejects.toMatchObject({ problem });
  await expect(client.send('GET', '/v1/x')).rejects.toBeInstanceOf(ProblemError);
});

test('an answer of something else is a problem too', async () => {
  const { client } = answering(502, '<html>Bad gateway</html>', 'text/html');
  await expect(client.api.GET('/v1/me')).rejects.toMatchObject({ problem: { code: 'unknown', status: 502 } });
});

test('nobody there', async () => {
  const client = createClient({ url: 'http://127.0.0.1:9' });
  await expect(client.api.GET('/v1/me')).rejects.toBeInstanceOf(UnreachableError);
});

test('a body that is a stream is passed on as it comes', async () => {
  const { seen, client } = answering(202, {});
  async function* body() {
    yield await Promise.resolve(new TextEncoder().encode('a,b\n'));
    yield new TextEncoder().encode('1,2\n');
  }
  await client.send('PUT', '/v1/imports/upl_1/content', { body: body(), contentType: 'text/csv' });
  expect(await seen[0]?.text()).toBe('a,b\n1,2\n');
});

test('events end with an error where the stream reports a problem', async () => {
  const stream =
    'event: progress\ndata: {"n":1}\n\nevent: problem\ndata: {"type":"urn:genesis:problem:internal","status":500,"detail":"x"}\n\n';
  const { client } = answering(200, stream, 'text/event-stream');
  const seen: unknown[] = [];
  const reading = async () => {
    for await (const { data } of client.events('/v1/e')) seen.push(data);
  };
  await expect(reading()).rejects.toMatchObject({ problem: { code: 'internal' } });
  expect(seen).toEqual([{ n: 1 }]);
});
