import { stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { GenesisError, invalidField } from '@genesis/contracts/errors';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { shown } from './model.ts';

const mostEntries = 500_000;
const mostEntryBytes = 256 * 2 ** 20;
/** Chunks of zeros pack well; a bomb packs better. The whole archive may unfold to this many times its size. */
const largestRatio = 200;
/** Archives that unfold to no more than this are harmless whatever their ratio. */
const harmlessBytes = 64 * 2 ** 20;

/** The files of a zip archive by name. Nothing is unpacked to disk; an entry is unpacked into memory when it is read. */
export type ZipStore = {
  names: ReadonlySet<string>;
  read(name: string): Promise<Buffer | undefined>;
};

const damaged = (cause: unknown): GenesisError => {
  if (cause instanceof GenesisError) return cause;
  const why = cause instanceof Error ? shown(cause.message).slice(0, 160) : 'unreadable';
  return invalidField('file', `is a zip archive that cannot be used: ${why}`, { cause });
};

const check = (entry: Entry, bytes: number): void => {
  const name = JSON.stringify(shown(entry.fileName).slice(0, 100));
  if (entry.isEncrypted()) throw invalidField('file', `is a zip archive with an encrypted entry: ${name}`);
  if (![0, 8].includes(entry.compressionMethod)) {
    throw invalidField(
      'file',
      `is a zip archive with an entry packed by method ${entry.compressionMethod}: ${name}; stored and deflate are allowed`,
    );
  }
  if (entry.uncompressedSize > mostEntryBytes) {
    throw invalidField(
      'file',
      `is a zip archive whose entry ${name} unfolds to ${entry.uncompressedSize} bytes; at most ${mostEntryBytes} are allowed`,
    );
  }
  if (entry.compressedSize > bytes)
    throw invalidField('file', `is a zip archive that is damaged: ${name} is larger than the archive`);
};

/** Reads the list of a zip archive and refuses what an attacker would put there. Names that are absolute or climb are refused by yauzl. */
export const openZip = async (file: string): Promise<ZipStore> => {
  const { size } = await stat(file);
  const entries = new Map<string, Entry>();
  let archive: ZipFile;
  try {
    archive = await openPromise(file, {
      lazyEntries: true,
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
    });
    if (archive.entryCount > mostEntries)
      throw invalidField(
        'file',
        `is a zip archive of ${archive.entryCount} entries; at most ${mostEntries} are allowed`,
      );
    let unfolded = 0;
    let packed = 0;
    for await (const entry of archive.eachEntry()) {
      check(entry, size);
      unfolded += entry.uncompressedSize;
      packed += entry.compressedSize;
      if (packed > size) throw invalidField('file', 'is a zip archive whose entries lie over each other');
      if (unfolded > harmlessBytes && unfolded > largestRatio * size) {
        throw invalidField(
          'file',
          `is a zip archive that unfolds to more than ${largestRatio} times its size`,
        );
      }
      if (entry.fileName.endsWith('/')) continue;
      if (entries.has(entry.fileName))
        throw invalidField(
          'file',
          `is a zip archive with two entries of one name: ${JSON.stringify(shown(entry.fileName))}`,
        );
      entries.set(entry.fileName, entry);
    }
  } catch (cause) {
    throw damaged(cause);
  }
  return {
    names: new Set(entries.keys()),
    read: async (name) => {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      try {
        return await buffer(await archive.openReadStreamPromise(entry));
      } catch (cause) {
        throw damaged(cause);
      }
    },
  };
};

/** The folder inside an archive that holds a Zarr hierarchy, ending in a slash or empty; null where there is none. */
export const zarrRoot = (names: Iterable<string>): string | null => {
  let best: string | null = null;
  for (const name of names) {
    const folder = /^(.*\/|)(?:zarr\.json|\.zgroup|\.zarray)$/.exec(name)?.[1];
    if (folder !== undefined && (best === null || folder.length < best.length)) best = folder;
  }
  return best;
};
