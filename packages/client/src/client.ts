import createFetchClient, { type Client } from 'openapi-fetch';
import { readEvents } from './events.ts';
import type { paths } from './generated/api.ts';
import { ProblemError, parseProblem, UnreachableError } from './problem.ts';

export type Api = Client<paths>;

export type ClientOptions = {
  /** Where the platform answers, for example `http://127.0.0.1:7470`. */
  url: string;
  /** A bearer token; what needs none works without it. */
  token?: string | undefined;
  fetch?: (request: Request) => Promise<Response>;
};

type Body = string | Uint8Array | AsyncIterable<Uint8Array>;

/** What `send` takes: `body` may be a stream of bytes, which is passed on as it comes and never held in memory. */
export type SendOptions = {
  body?: Body;
  contentType?: string;
  accept?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
};

export type GenesisClient = {
  url: string;
  /** Typed calls of every operation. They throw a ProblemError when the platform refuses; see `dataOf`. */
  api: Api;
  /** A call whose body or answer is not JSON. Returns only answers with a status below 400. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  /** The data of server-sent events as they come; ends with the stream. Throws what the stream reports as a problem. */
  events<Data>(
    path: string,
    options?: { signal?: AbortSignal },
  ): AsyncGenerator<{ event: string; data: Data }>;
};

async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = { detail: text.slice(0, 500) };
  }
  return new ProblemError(parseProblem(response.status, body));
}

const asStream = (body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> =>
  ReadableStream.from(body) as ReadableStream<Uint8Array>;

/**
 * A client of one platform.
 *
 * @throws UnreachableError when nothing answers; ProblemError when the platform refuses (from every call)
 */
export function createClient({ url, token, fetch: send = fetch }: ClientOptions): GenesisClient {
  const base = url.replace(/\/+$/, '');

  const call = async (request: Request): Promise<Response> => {
    let response: Response;
    try {
      response = await send(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw new UnreachableError(base, { cause: error });
    }
    if (response.status >= 400) throw await problemOf(response);
    return response;
  };
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const api = createFetchClient<paths>({ baseUrl: base, headers: authorization, fetch: call });

  const sendRaw: GenesisClient['send'] = async (method, path, options = {}) => {
    const { body, contentType, accept, headers, signal } = options;
    const stream = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    return await call(
      new Request(`${base}${path}`, {
        method,
        headers: {
          ...headers,
          ...authorization,
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(accept === undefined ? {} : { accept }),
        },
        ...(body === undefined
          ? {}
          : { body: (stream ? asStream(body) : body) as NonNullable<RequestInit['body']> }),
        ...(stream ? { duplex: 'half' as const } : {}),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  };

  return {
    url: base,
    api,
    send: sendRaw,
    async *events<Data>(path: string, { signal }: { signal?: AbortSignal } = {}) {
      const response = await sendRaw('GET', path, { accept: 'text/event-stream', signal });
      if (response.body === null) return;
      for await (const { event, data } of readEvents(response.body)) {
        const parsed: unknown = JSON.parse(data);
        if (event === 'problem') {
          const { status } = parsed as { status?: number };
          throw new ProblemError(parseProblem(status ?? 500, parsed));
        }
        yield { event, data: parsed as Data };
      }
    },
  };
}

/** The data of an answer of `api`. A refusal was thrown already, so an answer without data is a fault of the server. */
export function dataOf<Data>(answer: { data?: Data; response: Response }): Data {
  if (answer.data === undefined)
    throw new ProblemError(parseProblem(answer.response.status, { detail: 'The answer is empty.' }));
  return answer.data;
}
