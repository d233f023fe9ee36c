import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';
import { checked, gone, sha256Of } from './model.ts';

/** The bytes of a file; throws `not-found` when there is none. */
export async function* readFileStream(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) yield chunk as Buffer;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw gone(error);
  }
}

const mostRemembered = 10_000;

/**
 * Checks files against the SHA-256 in their address. A file that was found right is not read again by this process until
 * its inode, size or time of writing changes.
 */
export const createFileChecks = () => {
  const right = new Map<string, string>();
  const stampOf = async (path: string): Promise<string> => {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  };
  const remember = (path: string, stamp: string): void => {
    right.delete(path);
    right.set(path, stamp);
    const oldest = right.keys().next().value;
    if (right.size > mostRemembered && oldest !== undefined) right.delete(oldest);
  };
  return {
    /** Throws `internal` when the bytes are not those of the address, and `not-found` when there are none. */
    check: async (path: string, address: string): Promise<void> => {
      sha256Of(address);
      const stamp = await stampOf(path).catch((error: unknown) => {
        throw errorCode(error) === 'ENOENT' ? gone(error) : error;
      });
      if (right.get(path) === stamp) return;
      for await (const _ of checked(readFileStream(path), address));
      remember(path, stamp);
    },
    /** For a file that this process has just written with bytes that it hashed. */
    trust: async (path: string): Promise<void> => remember(path, await stampOf(path)),
  };
};
export type FileChecks = ReturnType<typeof createFileChecks>;
