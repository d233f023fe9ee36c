import { watch } from 'node:fs/promises';

const readEveryMs = 250;
/** Where nothing tells of changes, this many folders at least are read at each beat, and each within `beats`. */
const leastReads = 100;
const beats = 40;

/** Calls `onChange` with the name of each file that changes, where the file system tells; `onError` when it does not. */
export async function followFolder(
  folder: string,
  signal: AbortSignal,
  onChange: (file: string) => void,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    for await (const { filename } of watch(folder, { signal })) if (filename !== null) onChange(filename);
  } catch (error) {
    if (!signal.aborted) onError(error);
  }
}

/**
 * Has every job read its folder from time to time, since shared file systems tell nothing of changes on another
 * machine. The work of one beat is bounded, however many jobs there are: up to a hundred are read four times a second,
 * thousands every ten seconds. No job waits for another. Returns what ends it.
 */
export function readInTurn(jobs: () => Iterable<{ read(): void }>, count: () => number): () => void {
  let turn: Iterator<{ read(): void }> = [].values();
  const timer = setInterval(() => {
    const total = count();
    for (let reads = Math.min(total, Math.max(leastReads, Math.ceil(total / beats))); reads > 0; reads -= 1) {
      let next = turn.next();
      if (next.done === true) {
        turn = jobs()[Symbol.iterator]();
        next = turn.next();
      }
      if (next.done === true) return;
      next.value.read();
    }
  }, readEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
