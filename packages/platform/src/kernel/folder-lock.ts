import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { GenesisError } from '@genesis/contracts';
import { errorCode } from './system-error.ts';

export type FolderLock = { release(): Promise<void> };

/** Asks the holder of the lock for its process id; undefined when it does not answer within a second. */
const askHolder = (address: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect(address);
    const finish = () => {
      socket.destroy();
      resolve(/^\d+$/.test(answer) ? answer : undefined);
    };
    socket.setTimeout(1000, finish);
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', finish);
    socket.on('end', finish);
  });

const listen = (server: Server, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });

/**
 * Takes a folder for this process alone, or throws `conflict` and names the process that has it.
 *
 * The lock is a name in the kernel's abstract socket space, so it is taken atomically, leaves no file, and is gone
 * the moment its process is, however it ended (SIGKILL included). It is seen by every process of the machine that
 * shares the network namespace; containers that share a folder but not a network are not kept apart by it.
 */
export const lockFolder = async (folder: string): Promise<FolderLock> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const place = await realpath(folder);
  const address = `\0genesis-${createHash('sha256').update(place).digest('hex')}`;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(String(process.pid));
  });
  try {
    await listen(server, address);
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
    const holder = await askHolder(address);
    const who = holder ? `process ${holder}` : 'another process';
    throw new GenesisError(
      {
        code: 'conflict',
        message: `The data folder ${place} is in use by Genesis (${who}). Stop that one first, or choose another folder with --data-folder.`,
      },
      { cause: error },
    );
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
};
