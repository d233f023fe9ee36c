import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { makeRelayFolders, openNodeRelay, openServerRelay } from './relay.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** A job's folder, what listens on the server, and the socket that the job sees. */
async function relayed(listen: (socket: Socket) => void) {
  const job = await mkdtemp(join(tmpdir(), 'genesis-relay-test-'));
  cleanUp.push(() => rm(job, { recursive: true, force: true }));
  const source = join(job, 'server.sock');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    listen(socket);
  }).listen(source);
  await once(server, 'listening');
  cleanUp.push(() => server.close());
  const sockets = [{ path: '/run/talk.sock', source }];
  await makeRelayFolders(job, sockets);
  const failures: unknown[] = [];
  const start = () => {
    const relay = openServerRelay(job, sockets, (error) => failures.push(error));
    cleanUp.push(() => relay.close());
    return relay;
  };
  const node = await openNodeRelay(job, sockets);
  cleanUp.push(() => node[Symbol.asyncDispose]());
  return { job, start, failures, path: node.sockets[0]!.source };
}

async function answer(path: string, said: Buffer): Promise<Buffer> {
  const socket = createConnection({ path, allowHalfOpen: true });
  socket.end(said);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const echo = (socket: Socket) => void socket.pipe(socket);
const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test('what a job says arrives, and the answer too, whole and in order, for many connections at once', async () => {
  const { job, start, path, failures } = await relayed(echo);
  start();
  const said = Array.from({ length: 10 }, (_, at) => randomBytes(at * 700_000));
  const heard = await Promise.all(said.map((one) => answer(path, one)));
  expect(heard.map(hash)).toEqual(said.map(hash));
  await expect.poll(() => readdir(join(job, 'relay', '0'))).toEqual([]);
  expect(failures).toEqual([]);
}, 60_000);

test('a job that says much to nobody fills no disk: its connection and eight pieces lie there', async () => {
  const { job, path } = await relayed(echo);
  const socket = createConnection({ path });
  socket.on('error', () => undefined);
  cleanUp.push(() => socket.destroy());
  await once(socket, 'connect');
  for (let times = 0; times < 40; times++) socket.write(Buffer.alloc(2 ** 20));
  await expect.poll(async () => (await readdir(join(job, 'relay', '0'))).length, { timeout: 20_000 }).toBe(9);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await readdir(join(job, 'relay', '0'))).length).toBe(9);
}, 60_000);

test('after the server has died a connection breaks, and the next one is served', async () => {
  const first = Promise.withResolvers<void>();
  const { start, path } = await relayed((socket) => {
    socket.once('data', () => first.resolve());
    echo(socket);
  });
  const died = start();
  const socket = createConnection({ path });
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('error', () => undefined);
  });
  socket.write('one');
  await first.promise;
  died.close();
  start();
  await ended;
  expect((await answer(path, Buffer.from('two'))).toString()).toBe('two');
}, 60_000);

test('where nobody listens any more, the job is told so', async () => {
  const { job, start, path } = await relayed(echo);
  await rm(join(job, 'server.sock'), { force: true });
  start();
  const socket = createConnection({ path });
  socket.on('error', () => undefined);
  socket.write('anybody?');
  await once(socket, 'close');
}, 60_000);

test('a connection that a killed server had taken breaks at its next start', async () => {
  const { job, start, path } = await relayed(echo);
  await writeFile(join(job, 'relay', '0', 'c0.taken'), '');
  const socket = createConnection({ path });
  socket.on('error', () => undefined);
  socket.write('still there?');
  await once(socket, 'connect');
  start();
  await once(socket, 'close');
  expect((await answer(path, Buffer.from('two'))).toString()).toBe('two');
}, 60_000);
