import { StringDecoder } from 'node:string_decoder';
import type { LogLine } from '@genesis/contracts';

const longestLine = 65_536;

/** Bytes that standard output and standard error of one job share. */
export type LogBudget = { remainingBytes: number };

/**
 * Cuts one stream into lines (at most 64 KiB each, malformed UTF-8 replaced). `push` returns false once the budget is
 * spent: nothing that comes later is kept. `end` tells a last line that has no line end.
 */
export function lineReader(
  stream: LogLine['stream'],
  budget: LogBudget,
  onLog: (lines: LogLine[]) => void,
): { push(chunk: Buffer): boolean; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const emit = (texts: string[]): void => {
    if (texts.length > 0) onLog(texts.map((text) => ({ stream, text })));
  };
  return {
    push: (chunk) => {
      const kept = chunk.subarray(0, Math.max(0, budget.remainingBytes));
      budget.remainingBytes -= chunk.length;
      const lines = (rest + decoder.write(kept)).split('\n');
      rest = lines.pop() ?? '';
      const pieces: string[] = [];
      for (const line of lines) {
        if (line.length <= longestLine) pieces.push(line);
        else
          for (let at = 0; at < line.length; at += longestLine) pieces.push(line.slice(at, at + longestLine));
      }
      while (rest.length > longestLine) {
        pieces.push(rest.slice(0, longestLine));
        rest = rest.slice(longestLine);
      }
      emit(pieces);
      return budget.remainingBytes >= 0;
    },
    end: () => {
      const last = rest + decoder.end();
      rest = '';
      if (last !== '') emit([last]);
    },
  };
}
