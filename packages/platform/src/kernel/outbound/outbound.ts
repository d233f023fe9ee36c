import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { OutboundError } from './outbound-error.ts';
import { type Resolve, type Target, targetOf } from './target.ts';

/** Reads what other machines publish, for people who name the address. */
export interface Outbound {
  /** A whole small answer. */
  get(url: string, limits: OutboundLimits): Promise<Buffer>;
  /** The bytes of a large one as they come. Ends with an error where they are cut, too many or too slow. */
  stream(url: string, limits: OutboundLimits): AsyncGenerator<Buffer>;
}

export type OutboundLimits = {
  /** For the whole answer, redirects included. */
  timeoutMs: number;
  mostBytes: number;
  accept: string;
  signal?: AbortSignal | undefined;
};

const mostRedirects = 5;

/** The connection is made to the address that was checked: the name is not looked up a second time. */
const pinned =
  ({ address, family }: Target): LookupFunction =>
  (_host, options, done) => {
    if (options.all === true) done(null, [{ address, family }]);
    else done(null, address, family);
  };

const ask = (target: Target, accept: string, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((settle, fail) => {
    const request = target.url.protocol === 'https:' ? requestHttps : requestHttp;
    request(
      target.url,
      {
        method: 'GET',
        // A connection of its own: none that was made for another address is taken again.
        agent: false,
        lookup: pinned(target),
        headers: { accept, 'accept-encoding': 'identity', 'user-agent': 'genesis', connection: 'close' },
        signal,
      },
      settle,
    )
      .on('error', fail)
      .end();
  });

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/**
 * @param options.allowedHosts hosts that may be asked although they are not on the public internet
 * @param options.resolve only for tests: how names become addresses
 */
export function createOutbound(options: { allowedHosts: readonly string[]; resolve?: Resolve }): Outbound {
  const allowed = options.allowedHosts.map((host) => host.toLowerCase());

  async function open(url: string, accept: string, signal: AbortSignal): Promise<IncomingMessage> {
    let at = url;
    for (let count = 0; count <= mostRedirects; count += 1) {
      const target = await targetOf(at, allowed, options.resolve);
      const answer = await ask(target, accept, signal);
      const status = answer.statusCode ?? 0;
      const { location } = answer.headers;
      if (isRedirect(status) && location !== undefined) {
        answer.destroy();
        const next = URL.canParse(location, target.url.href) ? new URL(location, target.url) : undefined;
        if (next === undefined) throw new OutboundError('it leads to something that is no address');
        if (target.url.protocol === 'https:' && next.protocol === 'http:')
          throw new OutboundError('it leads from https: to http:, which is not followed');
        at = next.href;
        continue;
      }
      if (status !== 200) {
        answer.destroy();
        const transient = status === 429 || status >= 500;
        throw new OutboundError(`${target.url.host} answered with status ${status}`, { transient });
      }
      const packed = answer.headers['content-encoding'] ?? 'identity';
      if (packed !== 'identity') {
        answer.destroy();
        throw new OutboundError('it sends packed bytes, although that was not asked for');
      }
      return answer;
    }
    throw new OutboundError(`it leads on more than ${mostRedirects} times`);
  }

  async function* stream(url: string, limits: OutboundLimits): AsyncGenerator<Buffer> {
    const { timeoutMs, mostBytes, accept } = limits;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = limits.signal === undefined ? timeout : AbortSignal.any([timeout, limits.signal]);
    let answer: IncomingMessage | undefined;
    try {
      answer = await open(url, accept, signal);
      let bytes = 0;
      for await (const piece of answer as AsyncIterable<Buffer>) {
        bytes += piece.length;
        if (bytes > mostBytes) throw new OutboundError(`the answer is larger than ${mostBytes} bytes`);
        yield piece;
      }
      if (!answer.complete) throw new OutboundError('the answer ended early', { transient: true });
    } catch (error) {
      if (error instanceof OutboundError) throw error;
      if (limits.signal?.aborted === true) throw limits.signal.reason;
      if (timeout.aborted)
        throw new OutboundError(`there was no whole answer within ${timeoutMs} ms`, {
          transient: true,
          cause: error,
        });
      throw new OutboundError('the connection failed', { transient: true, cause: error });
    } finally {
      answer?.destroy();
    }
  }

  return {
    stream,
    get: async (url, limits) => {
      const pieces: Buffer[] = [];
      for await (const piece of stream(url, limits)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}
