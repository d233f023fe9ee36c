import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { createDurably, ensureFolder, syncFolder } from './durable-file.ts';
import { errorCode } from './system-error.ts';

export type Keyring = {
  /**
   * The secret of that name, made of random bytes when it is first asked for and the same ever after. It is a file of
   * mode 0600 in the data folder's `keys`. Throws `internal` when the file has another length or others can read it.
   */
  secret(name: string, bytes: number): Promise<Buffer>;
  /** Encrypts a key so that it may lie in the database. It can be unwrapped with the same context only. */
  wrap(key: Uint8Array, context: string): string;
  /** Throws `internal` when the wrapped key was changed, or wrapped by another keyring or for another context. */
  unwrap(wrapped: string, context: string): Buffer;
};

const nonceBytes = 12;
const tagBytes = 16;

const readSecret = async (path: string, bytes: number): Promise<Buffer | undefined> => {
  let secret: Buffer;
  try {
    secret = await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new GenesisError({ code: 'internal', message: `Others can read the key ${path}: chmod 600 it.` });
  }
  if (secret.length !== bytes) {
    throw new GenesisError({
      code: 'internal',
      message: `The key ${path} has ${secret.length} bytes instead of ${bytes}: restore it from a backup.`,
    });
  }
  return secret;
};

/** Makes a secret; when another process was faster, its secret counts. */
const makeSecret = async (folder: string, path: string, bytes: number): Promise<void> => {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  await createDurably(folder, async (handle) => {
    await handle.writeFile(randomBytes(bytes));
    return { path: fresh, result: undefined };
  });
  try {
    await link(fresh, path);
    await syncFolder(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(fresh, { force: true });
  }
};

export const openKeyring = async (dataFolder: string): Promise<Keyring> => {
  const folder = join(dataFolder, 'keys');
  await ensureFolder(folder);

  const secret = async (name: string, bytes: number): Promise<Buffer> => {
    const path = join(folder, `${name}.key`);
    const found = await readSecret(path, bytes);
    if (found) return found;
    await makeSecret(folder, path, bytes);
    const made = await readSecret(path, bytes);
    if (!made) throw new GenesisError({ code: 'internal', message: `The key ${path} cannot be made.` });
    return made;
  };

  const master = await secret('master', 32);
  return {
    secret,
    wrap: (key, context) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(key), cipher.final()]);
      return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
    },
    unwrap: (wrapped, context) => {
      const bytes = Buffer.from(wrapped, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', master, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        });
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes));
        return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
      } catch (error) {
        throw new GenesisError(
          {
            code: 'internal',
            message: 'A wrapped key cannot be opened: it was changed, or belongs elsewhere.',
          },
          { cause: error },
        );
      }
    },
  };
};
