import { GenesisError } from '@genesis/contracts';

/** The most bytes of a file that one operation takes or gives (the specification's 5 MiB). */
export const mostFileBytes = 5 * 2 ** 20;
/** The most bytes that one operation reads or writes on the machine itself: copies, archives, checksums. */
const mostTreeBytes = 2 ** 30;
/** The most files, folders and links that one operation touches. */
const mostTreeEntries = 20_000;
/** The deepest nesting of folders. */
export const deepest = 64;
export const mostPathBytes = 4096;
export const mostNameBytes = 255;
/** Links that one path may lead through. */
export const mostLinks = 16;

export const tooLarge = (message: string, limitBytes: number): GenesisError =>
  new GenesisError({ code: 'too-large', message, limitBytes });

/** What one operation may still touch. */
export type Budget = { entry(): void; bytes(count: number): void };

export function createBudget(entries = mostTreeEntries, bytes = mostTreeBytes): Budget {
  let entriesLeft = entries;
  let bytesLeft = bytes;
  return {
    entry() {
      entriesLeft -= 1;
      if (entriesLeft < 0)
        throw tooLarge(`One operation touches at most ${entries} files and folders: do it in parts.`, bytes);
    },
    bytes(count) {
      bytesLeft -= count;
      if (bytesLeft < 0)
        throw tooLarge(`One operation handles at most ${bytes} bytes: do it in parts.`, bytes);
    },
  };
}
