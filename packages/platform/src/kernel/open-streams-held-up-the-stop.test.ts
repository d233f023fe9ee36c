import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sendEvents } from './event-stream.ts';
import { createApp } from './http.ts';
import { createLog } from './log.ts';

/*
 * A stop waited for every reader of a stream of events to leave: one open page kept the platform from stopping, until
 * whoever waited for it killed it.
 */

const serve = async () => {
  const log = createLog({ level: 'silent' });
  const app = await createApp({ log, bodyLimitBytes: 1000, title: 'Test', version: '1' });
  let signalled = false;
  app.get('/events', (request, reply) =>
    sendEvents(request, reply, async function* (_last, signal) {
      yield { event: 'first', data: 1 };
      // As every source of events does: it looks again and again, and hears the signal.
      while (!signal.aborted) await wait(20);
      signalled = true;
    }),
  );
  app.get('/endless', (_request, reply) =>
    reply.send(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) })),
  );
  const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  return { app, address, signalled: () => signalled };
};

test('an open stream of events ends when the server stops, and its reader sees the end', async () => {
  const { app, address, signalled } = await serve();
  const answer = await fetch(new URL('/events', address));
  const reader = answer.body!.getReader();
  await reader.read();
  const began = performance.now();
  await app.close();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(signalled()).toBe(true);
  for (;;) if ((await reader.read()).done) break;
}, 30_000);

test('a reader who takes nothing holds a stop up for some seconds, no longer', async () => {
  const { app, address } = await serve();
  const socket = connect(Number(address.port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET /endless HTTP/1.1\r\nhost: test\r\n\r\n');
  await new Promise((resolve) => socket.once('readable', resolve));
  socket.pause();
  const began = performance.now();
  await app.close();
  expect(performance.now() - began).toBeLessThan(20_000);
  socket.destroy();
}, 60_000);
