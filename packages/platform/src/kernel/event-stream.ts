import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemDocument, toOutgoing } from './problem.ts';

/** One server-sent event. With an `id` the reader can continue after it when the connection breaks. */
export type ServerEvent = { id?: string; event: string; data: unknown };

const encode = ({ id, event, data }: ServerEvent): string =>
  `${id === undefined ? '' : `id: ${id.replace(/[\r\n]/g, '')}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** The events, with a comment whenever none came for `heartbeatMs`, so that nobody takes the silence for an end. */
async function* withHeartbeat(
  events: AsyncIterator<ServerEvent>,
  heartbeatMs: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const silent = Symbol('silent');
  let next = events.next();
  try {
    while (!signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<typeof silent>((resolve) => {
        timer = setTimeout(() => resolve(silent), heartbeatMs);
      });
      const first = await Promise.race([next, silence]).finally(() => clearTimeout(timer));
      if (first === silent) {
        yield ': still here\n\n';
        continue;
      }
      if (first.done) return;
      yield encode(first.value);
      next = events.next();
    }
  } finally {
    next.catch(() => undefined); // Its error was thrown above already, or the reader is gone.
    await events.return?.();
  }
}

/** For each server the signal that is aborted when it begins to stop. */
const stoppingOf = new WeakMap<object, AbortSignal>();

/** Gives what ends the streams of events of a server: it would wait for their readers to leave when it stops. */
export const streamsOf = (server: object): { end(): void } => {
  const stopping = new AbortController();
  stoppingOf.set(server, stopping.signal);
  return { end: () => stopping.abort(new Error('the server stops')) };
};

/**
 * Answers with a stream of events. `events` gets the id after which the reader wants to continue (undefined at first)
 * and a signal that is aborted when the reader leaves or the server stops. An error after the first event is sent as
 * an event `problem`, and ends the stream.
 */
export const sendEvents = (
  request: FastifyRequest,
  reply: FastifyReply,
  events: (lastEventId: string | undefined, signal: AbortSignal) => AsyncIterable<ServerEvent>,
  options: { heartbeatMs?: number } = {},
): FastifyReply => {
  const { heartbeatMs = 15_000 } = options;
  const stopping = stoppingOf.get(request.server.server);
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const signal = stopping ? AbortSignal.any([left.signal, stopping]) : left.signal;
  const header = request.headers['last-event-id'];
  const lastEventId = Array.isArray(header) ? header[0] : header;

  async function* body(): AsyncGenerator<string> {
    yield ': hello\n\n';
    try {
      yield* withHeartbeat(events(lastEventId, signal)[Symbol.asyncIterator](), heartbeatMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      const answer = toOutgoing(error, request);
      if (answer.status >= 500) request.log.error({ err: error }, 'A stream of events failed');
      yield encode({ event: 'problem', data: problemDocument(answer, request) });
    }
  }
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(body()));
};
