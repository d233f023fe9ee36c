import type { LogLine, Purpose } from '@genesis/contracts';
import { sha256Hex } from '@genesis/evidence';
import type { Door } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { runLog } from './tables.ts';

export type LogWriter = {
  /** Takes lines at once and writes them soon; never throws. */
  write: (lines: LogLine[]) => void;
  /** Resolves when every line taken is committed. Throws when one could not be. */
  close(): Promise<void>;
};

const writeEveryMs = 300;

/**
 * Writes the log of an attempt in batches, each through the door with an entry that commits to its lines, so that a
 * log can be followed while it grows and not be changed afterwards. One line has one number, from 0.
 */
export function createLogWriter(
  door: Door,
  run: string,
  attempt: number,
  actor: () => Promise<PrincipalFacts>,
  purpose: Purpose,
): LogWriter {
  let waiting: LogLine[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  let written: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    const lines = waiting;
    waiting = [];
    if (lines.length === 0) return;
    const from = next;
    next += lines.length;
    await door.perform(
      { principal: await actor(), action: 'run.execute', resource: run, purpose },
      async (tx) => {
        const rows = lines.map(({ stream, text }, i) => ({
          run,
          attempt,
          line: from + i,
          stream,
          text: storable(text),
        }));
        for (let i = 0; i < rows.length; i += 1000) await tx.insert(runLog).values(rows.slice(i, i + 1000));
        const hash = sha256Hex(Buffer.from(rows.map(({ text }) => text).join('\n')));
        return { result: undefined, details: { attempt, from, lines: lines.length, hash } };
      },
    );
  }

  return {
    write(lines) {
      waiting.push(...lines);
      timer ??= setTimeout(() => {
        timer = undefined;
        written = written.then(flush);
        // An error stays in `written` and is thrown by close(); here it must only not be unhandled.
        written.catch(() => undefined);
      }, writeEveryMs);
    },
    async close() {
      clearTimeout(timer);
      await written;
      await flush();
    },
  };
}

/** PostgreSQL's text holds everything but NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\u2400');
