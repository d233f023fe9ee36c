/** What went over the wire: everything that a principal can look at. */
export type Answer = { status: number; headers: string; text: string };

export type Ask = {
  method: string;
  path: string;
  body?: unknown;
  /** Bytes instead of JSON. */
  content?: string;
  headers?: Record<string, string>;
};

/** Sends one request and reads the whole answer, event streams included. */
export async function send(url: string, token: string, ask: Ask): Promise<Answer> {
  const content = ask.content ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body));
  const type = ask.content === undefined ? 'application/json' : 'text/csv';
  const response = await fetch(`${url}${ask.path}`, {
    method: ask.method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(content === undefined ? {} : { 'content-type': type }),
      ...ask.headers,
    },
    ...(content === undefined ? {} : { body: content }),
    signal: AbortSignal.timeout(30_000),
  });
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  // Bytes one to one: a zip is searched as it is.
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
  return { status: response.status, headers, text };
}

/** JSON of an answer that must be good. */
export async function call<T>(url: string, token: string, ask: Ask): Promise<T> {
  const answer = await send(url, token, ask);
  if (answer.status >= 300) {
    throw new Error(`${ask.method} ${ask.path}: ${answer.status} ${answer.text.slice(0, 2000)}`);
  }
  return JSON.parse(Buffer.from(answer.text, 'latin1').toString('utf8')) as T;
}

/** Asks again until the answer is what it should become. */
export async function until<T>(
  look: () => Promise<T>,
  good: (value: T) => boolean,
  withinMs = 60_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  while (performance.now() < end) {
    const value = await look();
    if (good(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not become so within ${withinMs / 1000} s`);
}

/**
 * An answer without what differs between any two requests: the id of the request and the time. `names` are ids that the
 * request itself named; they are all called the same.
 */
export function comparable({ status, headers, text }: Answer, names: readonly string[]): string {
  const kept = headers.split('\n').filter((line) => !/^(date|x-request-id):/.test(line));
  let all = `${status}\n${kept.join('\n')}\n${text.replaceAll(/"requestId":"[^"]*"|<responseDate>[^<]*/g, '')}`;
  for (const name of names) all = all.replaceAll(name, 'NAMED');
  return all;
}
