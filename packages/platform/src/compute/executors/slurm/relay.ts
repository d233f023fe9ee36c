/** Sockets of the server that jobs on nodes reach through the shared folder. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '@genesis/contracts';
import { goneName, openRelayFolder, relaySocket } from './relay-folder.ts';

type Sockets = JobSpec['sockets'];

/** Connections that a job may have open at once through one socket. */
const mostConnections = 64;

const folderOf = (job: string, index: number): string => join(job, 'relay', String(index));

/** Makes the folders of the relay, before the job can begin. */
export async function makeRelayFolders(job: string, sockets: Sockets): Promise<void> {
  for (const index of sockets.keys()) await mkdir(folderOf(job, index), { recursive: true, mode: 0o700 });
}

export type NodeRelay = AsyncDisposable & {
  /** The same sockets, whose sources are on this node. */
  sockets: Sockets;
};

/** On the node: listens for the job, and writes down what it says. */
export async function openNodeRelay(job: string, sockets: Sockets): Promise<NodeRelay> {
  if (sockets.length === 0) return { sockets, [Symbol.asyncDispose]: async () => undefined };
  // short, since a path of a socket has at most 107 bytes
  const place = await mkdtemp(join(tmpdir(), 'genesis-relay-'));
  const stop = new AbortController();
  const servers: Server[] = [];
  const relays = sockets.map((_, index) => openRelayFolder(folderOf(job, index)));
  const here: Sockets = [];
  for (const [index, { path }] of sockets.entries()) {
    const relay = relays[index]!;
    let number = 0;
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = `c${number++}`;
      socket.on('error', () => undefined);
      const serve = async (): Promise<void> => {
        await relay.put(`${connection}.open`, Buffer.alloc(0));
        const end = await relaySocket(relay, connection, socket, 'up', stop.signal);
        if (end === 'whole') await relay.clear(connection);
      };
      serve().catch((error: unknown) => {
        socket.destroy();
        // into what the runner says, which the server shows when it fails
        console.error(
          `A connection cannot be relayed: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
    });
    server.maxConnections = mostConnections;
    const source = join(place, `${index}.sock`);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(source, resolve);
    });
    await chmod(source, 0o666);
    servers.push(server);
    here.push({ path, source });
  }
  return {
    sockets: here,
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const relay of relays) relay.close();
      for (const server of servers) server.close();
      await rm(place, { recursive: true, force: true });
    },
  };
}

/**
 * On the server: connects to a socket for each connection that a job opens. Connections of an earlier process cannot be gone
 * on with; the job is told that they broke.
 */
export function openServerRelay(
  job: string,
  sockets: Sockets,
  warn: (error: unknown) => void,
): { close(): void } {
  const stop = new AbortController();
  const serve = async (index: number, target: string): Promise<void> => {
    const relay = openRelayFolder(folderOf(job, index));
    stop.signal.addEventListener('abort', () => relay.close());
    const taken = (name: string): string | undefined => /^(c\d+)\.taken$/.exec(name)?.[1];
    const old = await relay.until((names) => [...names], stop.signal);
    for (const connection of old.map(taken))
      if (connection !== undefined) await relay.put(goneName(connection, 'down'), Buffer.alloc(0));
    const open = new Set<string>();
    for (;;) {
      const connection = await relay.until((names) => {
        if (open.size >= mostConnections) return undefined;
        for (const name of names) {
          const found = /^(c\d+)\.open$/.exec(name)?.[1];
          if (found !== undefined && !open.has(found) && !names.has(`${found}.taken`)) return found;
        }
        return undefined;
      }, stop.signal);
      await relay.put(`${connection}.taken`, Buffer.alloc(0));
      open.add(connection);
      const socket = createConnection({ path: target, allowHalfOpen: true });
      socket.on('error', () => undefined);
      void relaySocket(relay, connection, socket, 'down', stop.signal)
        .catch(warn)
        .finally(() => open.delete(connection));
    }
  };
  for (const [index, { source }] of sockets.entries())
    void serve(index, source).catch((error: unknown) => {
      if (!stop.signal.aborted) warn(error);
    });
  return { close: () => stop.abort() };
}
