/** One HTTP request that cannot hang, wander, or fill the memory. */

/** The request was not answered as it should be. Never holds a token: what the other side said is cleaned first. */
export class CallFailed extends Error {
  /** The same request may work a little later. */
  readonly transient: boolean;
  /** It may have taken effect all the same. */
  readonly unclear: boolean;
  readonly status: number | null;
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    how: {
      transient: boolean;
      unclear: boolean;
      status?: number;
      retryAfterMs?: number | null;
      cause?: unknown;
    },
  ) {
    super(message, { cause: how.cause });
    this.name = 'CallFailed';
    this.transient = how.transient;
    this.unclear = how.unclear;
    this.status = how.status ?? null;
    this.retryAfterMs = how.retryAfterMs ?? null;
  }
}

export type BoundedRequest = {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string | FormData | URLSearchParams;
  timeoutMs: number;
  mostBytes: number;
  signal?: AbortSignal | undefined;
};
export type BoundedAnswer = { status: number; headers: Headers; body: Buffer };

async function readBody(response: Response, mostBytes: number): Promise<Buffer> {
  if (response.body === null) return Buffer.alloc(0);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  // counted as it comes, unpacked: a small answer that unpacks to a large one is refused too
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > mostBytes)
      throw new CallFailed(`the answer is larger than ${mostBytes} bytes`, {
        transient: false,
        unclear: true,
        status: response.status,
      });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** What the network says, in a few words and without addresses of requests. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
  return `the connection failed (${code.slice(0, 100)})`;
}

/**
 * Throws CallFailed when there is no whole answer within the time and size, or when it leads elsewhere: a redirect is
 * never followed, since the token would follow it. Certificates are checked, as Node does by itself.
 */
export async function boundedFetch(request: BoundedRequest): Promise<BoundedAnswer> {
  const { method, url, headers, body, timeoutMs, mostBytes } = request;
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new CallFailed(`"${url.protocol}" is not a protocol that is used here`, {
      transient: false,
      unclear: false,
    });
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  try {
    const response = await fetch(url, {
      ...{ method, headers, signal, redirect: 'manual' },
      ...(body === undefined ? {} : { body }),
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new CallFailed(`HTTP ${response.status}: it leads elsewhere, and redirects are not followed`, {
        transient: false,
        unclear: false,
        status: response.status,
      });
    }
    return { status: response.status, headers: response.headers, body: await readBody(response, mostBytes) };
  } catch (error) {
    if (error instanceof CallFailed) throw error;
    if (request.signal?.aborted) throw request.signal.reason;
    throw new CallFailed(wordsOf(error), { transient: true, unclear: true, cause: error });
  }
}

/** Retry-After (RFC 9110, 10.2.3) in milliseconds; null where there is none that can be read. */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | null {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
