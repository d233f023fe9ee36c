import { setTimeout as wait } from 'node:timers/promises';

/** The server went away while it was asked: the caller does not know whether it acted. */
export class Gone extends Error {}

/** What the server refused, with its status. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(`${status}: ${text.slice(0, 500)}`);
    this.status = status;
  }
}

/** A busy machine is no failure; a process that dies breaks the connection at once. */
const patienceMs = 90_000;

/** One request. `unavailable` answers are tried again for a while, as any client would. */
export async function call<T>(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<T> {
  const began = Date.now();
  for (;;) {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      text = await response.text();
    } catch (error) {
      throw new Gone(`${method} ${path}`, { cause: error });
    }
    if (response.ok) return JSON.parse(text) as T;
    if (response.status !== 503 || Date.now() - began > patienceMs) throw new Refused(response.status, text);
    await wait(200);
  }
}
