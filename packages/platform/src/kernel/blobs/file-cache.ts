import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { ensureFolder } from '../durable-file.ts';
import { createFileChecks } from './local-files.ts';
import { gone, type LentFile, sha256Of } from './model.ts';

type Entry = { bytes: number; lent: number };

/** Two addresses never share a name; equal bytes of different labels stay apart here too. */
const nameOf = (address: string): string => {
  sha256Of(address);
  return address.replaceAll('/', '-');
};

const isDamage = (error: unknown): boolean =>
  error instanceof GenesisError && ['internal', 'not-found'].includes(error.failure.code);

const mostTries = 3;

/**
 * Local copies of blobs that lie elsewhere: at most `limitBytes` of them, and more only while they are lent. Those that
 * were not wanted for longest go first. What an earlier process left is hashed before it is lent, so nothing wrong is
 * ever lent after a crash.
 */
export const openFileCache = async (options: {
  folder: string;
  limitBytes: number;
  /** Writes the checked bytes of a blob to a new file and returns its path. */
  download: (address: string) => Promise<string>;
}) => {
  const { folder, limitBytes, download } = options;
  await ensureFolder(folder);
  const checks = createFileChecks();
  /** From what was wanted longest ago to what was wanted last. */
  const entries = new Map<string, Entry>();
  const filling = new Map<string, Promise<void>>();
  const pathOf = (name: string) => join(folder, name);

  const left = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const { size, mtimeMs } = await stat(pathOf(name));
      return { name, size, mtimeMs };
    }),
  );
  for (const { name, size } of left.toSorted((a, b) => a.mtimeMs - b.mtimeMs))
    entries.set(name, { bytes: size, lent: 0 });

  const drop = async (name: string): Promise<void> => {
    entries.delete(name);
    await rm(pathOf(name), { force: true });
  };
  const evict = async (): Promise<void> => {
    let total = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [name, { bytes, lent }] of [...entries]) {
      if (total <= limitBytes) return;
      if (lent > 0) continue;
      total -= bytes;
      await drop(name);
    }
  };
  /** Takes over a file whose bytes are those of the address. */
  const take = async (name: string, file: string): Promise<Entry> => {
    const { size } = await stat(file);
    const known = entries.get(name);
    if (known !== undefined) {
      await rm(file, { force: true });
      return known;
    }
    const entry = { bytes: size, lent: 0 };
    await rename(file, pathOf(name));
    await checks.trust(pathOf(name));
    entries.set(name, entry);
    return entry;
  };
  const fill = (name: string, address: string): Promise<void> => {
    const known = filling.get(name);
    if (known !== undefined) return known;
    const filled = (async () => void (await take(name, await download(address))))().finally(() =>
      filling.delete(name),
    );
    filling.set(name, filled);
    return filled;
  };
  await evict();

  return {
    lend: async (address: string): Promise<LentFile> => {
      const name = nameOf(address);
      for (let tries = 0; tries < mostTries; tries++) {
        const entry = entries.get(name);
        if (entry === undefined) {
          await fill(name, address);
          continue;
        }
        entry.lent++;
        try {
          await checks.check(pathOf(name), address);
        } catch (error) {
          entry.lent--;
          if (!isDamage(error)) throw error;
          // the copy is wrong or gone, not the blob
          await drop(name);
          continue;
        }
        entries.delete(name);
        entries.set(name, entry);
        await evict();
        let given = true;
        return {
          path: pathOf(name),
          [Symbol.asyncDispose]: async () => {
            if (!given) return;
            given = false;
            entry.lent--;
            await evict();
          },
        };
      }
      throw gone();
    },
    /** Keeps a file that was just stored, since what is stored is often read next. */
    keep: async (address: string, file: string): Promise<void> => {
      await take(nameOf(address), file);
      await evict();
    },
    forget: (address: string): Promise<void> => drop(nameOf(address)),
  };
};
