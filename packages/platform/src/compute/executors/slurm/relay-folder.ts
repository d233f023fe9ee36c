/**
 * Connections through a folder that two machines share, where neither may reach the other: each way of a connection is a row
 * of small files, written whole and taken away by the other side. Nothing of it outlives the job, so nothing is synced.
 */
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, watch, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Where nothing tells of changes; a shared file system seldom does. */
const lookEveryMs = 100;
const pieceBytes = 256 * 1024;
/** Pieces of one way that wait for the other side. */
const mostWaiting = 8;
const draftMark = '.draft-';

export type RelayFolder = {
  /** What `find` makes of the names that are there, as soon as it is not undefined. Throws once `signal` is aborted. */
  until<Found>(find: (names: ReadonlySet<string>) => Found | undefined, signal: AbortSignal): Promise<Found>;
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Reads a file and takes it away. */
  take(name: string): Promise<Buffer>;
  /** Takes away all of a connection. */
  clear(connection: string): Promise<void>;
  close(): void;
};

export function openRelayFolder(folder: string): RelayFolder {
  const closing = new AbortController();
  let turn = Promise.withResolvers<void>();
  const wake = (): void => {
    turn.resolve();
    turn = Promise.withResolvers<void>();
  };
  const timer = setInterval(wake, lookEveryMs);
  timer.unref();
  const follow = async (): Promise<void> => {
    for await (const { filename } of watch(folder, { signal: closing.signal }))
      if (filename?.includes(draftMark) !== true) wake();
  };
  // where it cannot be watched, or is gone, the timer does
  void follow().catch(() => undefined);
  const names = async (): Promise<Set<string>> =>
    new Set((await readdir(folder)).filter((name) => !name.includes(draftMark)));
  return {
    async until(find, signal) {
      for (;;) {
        const next = turn.promise;
        signal.throwIfAborted();
        closing.signal.throwIfAborted();
        const found = find(await names());
        if (found !== undefined) return found;
        await Promise.race([next, aborted(signal)]);
      }
    },
    async put(name, bytes) {
      const draft = join(folder, `${draftMark}${randomUUID()}`);
      await writeFile(draft, bytes, { flag: 'wx', mode: 0o600 });
      await rename(draft, join(folder, name));
    },
    async take(name) {
      const bytes = await readFile(join(folder, name));
      await rm(join(folder, name));
      return bytes;
    },
    async clear(connection) {
      for (const name of await names())
        if (name.startsWith(`${connection}.`)) await rm(join(folder, name), { force: true });
    },
    close() {
      clearInterval(timer);
      closing.abort();
      wake();
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

type Side = 'up' | 'down';

/** Whether the other side has given a connection up. */
export const goneName = (connection: string, side: Side): string => `${connection}.${side}.gone`;

async function send(
  relay: RelayFolder,
  way: string,
  source: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  let number = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const before = `${way}.${number - mostWaiting}`;
      await relay.until((names) => (names.has(before) ? undefined : true), signal);
      await relay.put(`${way}.${number++}`, bytes.subarray(at, at + pieceBytes));
    }
  }
  await relay.put(`${way}.${number}.end`, Buffer.alloc(0));
}

async function* receive(relay: RelayFolder, way: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const [piece, end] = [`${way}.${number}`, `${way}.${number}.end`];
    const isEnd = await relay.until(
      (names) => (names.has(piece) ? false : names.has(end) ? true : undefined),
      signal,
    );
    const bytes = await relay.take(isEnd ? end : piece);
    if (isEnd) return;
    yield bytes;
  }
}

/**
 * Passes on what a socket says and what the other side says, until both have ended. A side that breaks off tells the other;
 * it throws where it cannot.
 *
 * @param socket with `allowHalfOpen`
 * @param side the way that this side writes: `up` is from the job to the server
 */
export async function relaySocket(
  relay: RelayFolder,
  connection: string,
  socket: Socket,
  side: Side,
  stop: AbortSignal,
): Promise<'whole' | 'broken'> {
  const other: Side = side === 'up' ? 'down' : 'up';
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, stop]);
  const broken = relay
    .until((names) => (names.has(goneName(connection, other)) ? true : undefined), signal)
    .then(() => socket.destroy(new Error('the other side of the relay has gone')));
  broken.catch(() => undefined);
  try {
    await Promise.all([
      // its end is not that of the other way
      send(relay, `${connection}.${side}`, socket.iterator({ destroyOnReturn: false }), signal),
      pipeline(receive(relay, `${connection}.${other}`, signal), socket, { signal }),
    ]);
    return 'whole';
  } catch {
    // whatever it was, both ends of the connection learn that it broke
    socket.destroy();
    done.abort();
    await relay.put(goneName(connection, side), Buffer.alloc(0)).catch((failure: NodeJS.ErrnoException) => {
      // the folder goes with the job
      if (failure.code !== 'ENOENT') throw failure;
    });
    return 'broken';
  } finally {
    done.abort();
  }
}
