/** What a facility and the network may do to a call. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { CallFailed, retryAfterMs } from './bounded-fetch.ts';
import { createBreaker } from './breaker.ts';
import { asFailure, createFacilityHttp } from './facility-http.ts';
import { standardTempo, type Tempo } from './tempo.ts';

type Answer = {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  cutAfter?: number;
};
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

/** A server that gives these answers in turn, the last one for ever; `null` never answers. */
async function serverOf(answers: (Answer | null)[]) {
  const seen: { at: number; authorization: string | undefined; path: string }[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    seen.push({ at: performance.now(), authorization, path: request.url ?? '' });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === null || answer === undefined) return;
    const { status = 200, headers = {}, body = '{"ok":true}', cutAfter } = answer;
    response.writeHead(status, {
      ...headers,
      ...(cutAfter === undefined ? {} : { 'content-length': '1000' }),
    });
    if (cutAfter === undefined) response.end(body);
    else {
      response.write(body.slice(0, cutAfter));
      setTimeout(() => request.socket.destroy(), 10);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const tokens = (list: string[]) => ({
  current: async () => list[0] ?? '',
  instead: async (refused: string) => list.find((token) => token !== refused) ?? null,
});
const quick = { retryMs: 5, callTimeoutMs: 300, breakerFailures: 100 };
const httpTo = (url: string, tempo: Partial<Tempo> = {}, list = ['secret-token']) => {
  const warnings: string[] = [];
  const http = createFacilityHttp({
    ...{ url, tokens: tokens(list), tempo: { ...standardTempo, ...quick, ...tempo } },
    ...{ warn: (message) => void warnings.push(message), signal: new AbortController().signal },
  });
  const get = (repeatable = true) =>
    http.call({ method: 'GET', path: '/x', repeatable, answer: z.object({ ok: z.boolean() }) });
  return { get, warnings };
};
const failureOf = async (action: Promise<unknown>): Promise<CallFailed> =>
  action.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => {
      if (error instanceof CallFailed) return error;
      throw error;
    },
  );

test.each([429, 502, 503, 504])('HTTP %i is tried again, in the end it is told', async (status) => {
  const once = await serverOf([{ status }, {}]);
  expect(await httpTo(once.url).get()).toEqual({ ok: true });
  const always = await serverOf([{ status }]);
  const failure = await failureOf(httpTo(always.url).get());
  expect(failure).toMatchObject({ transient: true, status });
  expect(always.seen).toHaveLength(4);
  expect(asFailure(failure, 'It failed')).toMatchObject({ failure: { code: 'unavailable' } });
});

test('other refusals are told at once, with the words of the facility and without the token', async () => {
  const body = JSON.stringify({ title: 'Bad', detail: 'you sent secret-token\u001b[31m' });
  const { url, seen } = await serverOf([{ status: 400, body }]);
  const failure = await failureOf(httpTo(url).get());
  expect(failure.message).toMatch(/answers HTTP 400\. Bad: you sent \[hidden\] \[31m$/);
  expect(asFailure(failure, 'It failed')).toMatchObject({ failure: { code: 'unsupported' } });
  expect(seen).toHaveLength(1);
});

test('Retry-After is kept, and one that asks for too long ends the waiting', async () => {
  const { url, seen } = await serverOf([{ status: 429, headers: { 'retry-after': '1' } }, {}]);
  await httpTo(url).get();
  expect(seen[1]!.at - seen[0]!.at).toBeGreaterThanOrEqual(950);
  const long = await serverOf([{ status: 503, headers: { 'retry-after': '86400' } }]);
  const { get } = httpTo(long.url);
  const failure = await failureOf(get());
  // the next call does not even ask
  await expect(get()).rejects.toMatchObject({ failure: { code: 'unavailable', retryAfterSeconds: 600 } });
  expect(long.seen).toHaveLength(1);
  expect(asFailure(failure, 'It failed')).toMatchObject({ failure: { retryAfterSeconds: 3_600 } });
  const headers = (value: string) => new Headers({ 'retry-after': value });
  expect(retryAfterMs(headers('Thu, 01 Jan 1970 00:00:09 GMT'), 4_000)).toBe(5_000);
  expect(retryAfterMs(headers('soon'))).toBeNull();
});

test('what is being worked on under the same key is asked for again; any other conflict is told', async () => {
  const { url, seen } = await serverOf([{ status: 409, headers: { 'retry-after': '0' } }, {}]);
  expect(await httpTo(url).get()).toEqual({ ok: true });
  expect(seen).toHaveLength(2);
  const other = await serverOf([{ status: 409 }]);
  expect(await failureOf(httpTo(other.url).get())).toMatchObject({ transient: false, unclear: false });
});

test('half an answer, none in time and none at all are transient and unclear', async () => {
  const half = await serverOf([{ cutAfter: 4 }, {}]);
  expect(await httpTo(half.url).get()).toEqual({ ok: true });
  const silent = await serverOf([null]);
  const failure = await failureOf(httpTo(silent.url, { attempts: 2 }).get());
  expect(failure).toMatchObject({ transient: true, unclear: true, status: null });
  expect(failure.message).toMatch(/no answer in time/);
  const nobody = await failureOf(httpTo('http://127.0.0.1:1').get());
  expect(nobody.message).toMatch(/connection failed/);
});

test('what may have taken effect is not repeated unless it may be', async () => {
  const { url, seen } = await serverOf([{ status: 504 }, {}]);
  expect(await failureOf(httpTo(url).get(false))).toMatchObject({ unclear: true });
  expect(seen).toHaveLength(1);
});

test('a redirect is not followed', async () => {
  const other = await serverOf([{}]);
  const { url } = await serverOf([{ status: 307, headers: { location: other.url } }]);
  expect((await failureOf(httpTo(url).get())).message).toMatch(/redirects are not followed/);
  expect(other.seen).toEqual([]);
});

test('an answer that is too large, no JSON or not of the specification is refused', async () => {
  const large = await serverOf([{ body: Buffer.alloc(20 * 2 ** 20, 32) }]);
  expect((await failureOf(httpTo(large.url).get())).message).toMatch(/larger than/);
  const page = await serverOf([{ body: '<html>' }]);
  expect((await failureOf(httpTo(page.url).get())).message).toMatch(/not JSON/);
  const odd = await serverOf([{ body: '{"ok":"yes"}' }]);
  expect((await failureOf(httpTo(odd.url).get())).message).toMatch(/not of the specification \(ok: /);
});

test('a refused token is replaced once', async () => {
  const { url, seen } = await serverOf([{ status: 401 }, {}]);
  expect(await httpTo(url, {}, ['old', 'new']).get()).toEqual({ ok: true });
  expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new']);
  const never = await serverOf([{ status: 401 }]);
  expect(await failureOf(httpTo(never.url, {}, ['old', 'new']).get())).toMatchObject({ status: 401 });
  expect(never.seen).toHaveLength(2);
});

test('a facility that fails again and again is left alone, then tried by one call', async () => {
  const { url, seen } = await serverOf([{ status: 503 }, { status: 503 }, { status: 503 }, {}]);
  const { get, warnings } = httpTo(url, { attempts: 1, breakerFailures: 2, breakerPauseMs: 200 });
  await failureOf(get());
  await failureOf(get());
  await expect(get()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
  expect(seen).toHaveLength(2);
  await new Promise((resolve) => setTimeout(resolve, 220));
  await failureOf(get());
  await expect(get()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
  await new Promise((resolve) => setTimeout(resolve, 220));
  expect(await get()).toEqual({ ok: true });
  expect(await get()).toEqual({ ok: true });
  expect(warnings.map((text) => text.replace(/^\S+ /, ''))).toEqual([
    'does not answer; it is left alone for a while and tried again.',
    'answers again.',
  ]);
});

test('while one call tries it, the others wait', () => {
  let now = 0;
  const breaker = createBreaker(
    'here',
    { failures: 1, pauseMs: 100 },
    () => {},
    () => now,
  );
  breaker.failed();
  expect(() => breaker.enter()).toThrow(/left alone/);
  now = 101;
  breaker.enter();
  expect(() => breaker.enter()).toThrow(/left alone/);
  breaker.untold();
  breaker.enter();
  breaker.succeeded();
  breaker.enter();
});
