/** Calls to one facility: token, retries, breaker, and what it says in plain words. */
import { setTimeout as pause } from 'node:timers/promises';
import { GenesisError } from '@genesis/contracts';
import type { z } from 'zod';
import { problemSchema } from './api-types.ts';
import { boundedFetch, CallFailed, retryAfterMs } from './bounded-fetch.ts';
import { createBreaker } from './breaker.ts';
import type { TokenSource } from './credentials.ts';
import type { Tempo } from './tempo.ts';

export type FacilityCall<T> = {
  method: string;
  /** Path below the base URL, with what belongs in it encoded. */
  path: string;
  query?: Record<string, string>;
  json?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
  /** Whether it may be made again when it is not clear what became of it. */
  repeatable: boolean;
  /** Whether the token goes with it. */
  anonymous?: boolean;
  answer: z.ZodType<T>;
};
export type FacilityHttp = { call<T>(call: FacilityCall<T>): Promise<T>; readonly name: string };

/** Room for a download of 5 MiB in base64 and for a list of a thousand jobs. */
const mostAnswerBytes = 16 * 2 ** 20;
const mostAtOnce = 8;
const mostWords = 500;

/** Statuses after which the same request may work a little later. */
const passing = new Set([429, 502, 503, 504]);

/** What is printable of what a stranger says, without the token should it be in there. */
function clean(words: string, token: string | null): string {
  const safe = token === null ? words : words.replaceAll(token, '[hidden]');
  return safe
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, mostWords);
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);

function wordsOf(body: Buffer, token: string | null): string {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    // a page of a proxy says nothing that helps
    return '';
  }
  const problem = problemSchema.safeParse(json);
  if (!problem.success) return '';
  const { title, detail, message } = problem.data;
  const words = [asText(title), asText(detail ?? message)].filter((part) => part !== '').join(': ');
  return words === '' ? '' : ` ${clean(words, token)}`;
}

/** At most so many at once; the others wait in line. */
function createTurnstile(most: number) {
  let inside = 0;
  const line: (() => void)[] = [];
  return async <T>(action: () => Promise<T>): Promise<T> => {
    if (inside >= most) await new Promise<void>((resolve) => line.push(resolve));
    inside += 1;
    try {
      return await action();
    } finally {
      inside -= 1;
      line.shift()?.();
    }
  };
}

export function createFacilityHttp(options: {
  url: string;
  tokens: TokenSource;
  tempo: Tempo;
  warn: (message: string) => void;
  signal: AbortSignal;
}): FacilityHttp {
  const { url, tokens, tempo, warn, signal } = options;
  const base = url.replace(/\/+$/, '');
  const name = new URL(base).host;
  const breaker = createBreaker(
    name,
    { failures: tempo.breakerFailures, pauseMs: tempo.breakerPauseMs },
    warn,
  );
  const turnstile = createTurnstile(mostAtOnce);

  const send = async <T>(call: FacilityCall<T>, token: string | null) => {
    const target = new URL(`${base}${call.path}`);
    for (const [key, value] of Object.entries(call.query ?? {})) target.searchParams.set(key, value);
    const body = call.form ?? (call.json === undefined ? undefined : JSON.stringify(call.json));
    return await boundedFetch({
      method: call.method,
      url: target,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: tempo.callTimeoutMs,
      mostBytes: mostAnswerBytes,
      signal,
    });
  };

  const once = async <T>(call: FacilityCall<T>): Promise<T> => {
    breaker.enter();
    try {
      let token = call.anonymous === true ? null : await tokens.current();
      let answer = await send(call, token);
      if (answer.status === 401 && token !== null) {
        const other = await tokens.instead(token);
        if (other !== null) {
          token = other;
          answer = await send(call, token);
        }
      }
      const { status, headers, body } = answer;
      if (status < 200 || status >= 300) {
        const after = retryAfterMs(headers);
        // 409 with Retry-After: the same request under the same key is being worked on
        const working = status === 409 && after !== null;
        throw new CallFailed(`${name} answers HTTP ${status}.${wordsOf(body, token)}`, {
          ...{ status, retryAfterMs: after },
          transient: passing.has(status) || working,
          unclear: status >= 500 || working,
        });
      }
      const value = understand(call, body);
      breaker.succeeded();
      return value;
    } catch (error) {
      // being refused is an answer too; only what cannot be reached is left alone
      if (!(error instanceof CallFailed)) breaker.untold();
      else if (error.transient || (error.status ?? 0) >= 500) {
        const asked = error.retryAfterMs ?? 0;
        // a short wait is kept here; a long one concerns every call
        breaker.failed(asked > tempo.mostRetryAfterMs ? asked : 0);
      } else breaker.succeeded();
      throw error;
    }
  };

  const understand = <T>(call: FacilityCall<T>, body: Buffer): T => {
    const broken = (what: string): CallFailed =>
      new CallFailed(`${name} gave an answer that ${what}`, { transient: false, unclear: true });
    let json: unknown = null;
    try {
      if (body.length > 0) json = JSON.parse(body.toString('utf8'));
    } catch (cause) {
      throw new CallFailed(`${name} gave an answer that is not JSON`, {
        ...{ transient: false, unclear: true, cause },
      });
    }
    const parsed = call.answer.safeParse(json);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0];
    throw broken(`is not of the specification (${where?.path.join('.') ?? ''}: ${where?.message ?? ''})`);
  };

  /** Makes the call again while that may help, with pauses that are spread by chance, or as long as it is asked to. */
  const insist = async <T>(call: FacilityCall<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await turnstile(() => once(call));
      } catch (error) {
        if (!(error instanceof CallFailed) || !error.transient || attempt >= tempo.attempts) throw error;
        if (error.unclear && !call.repeatable) throw error;
        const asked = error.retryAfterMs ?? 0;
        if (asked > tempo.mostRetryAfterMs) throw error;
        const own = tempo.retryMs * 2 ** (attempt - 1) * (0.5 + Math.random());
        await pause(Math.max(own, asked), undefined, { signal });
      }
    }
  };
  return { call: insist, name };
}

/** A failed call as an error of the platform. What may pass by itself is `unavailable`, everything else is told. */
export function asFailure(error: unknown, what: string): unknown {
  if (!(error instanceof CallFailed)) return error;
  const retryAfterSeconds = Math.min(3_600, Math.max(1, Math.ceil((error.retryAfterMs ?? 10_000) / 1_000)));
  if (error.transient || error.unclear)
    return new GenesisError(
      { code: 'unavailable', message: `${what}: ${error.message}`, retryAfterSeconds },
      { cause: error },
    );
  return new GenesisError({ code: 'unsupported', message: `${what}: ${error.message}` }, { cause: error });
}
