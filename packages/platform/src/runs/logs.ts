import type { LogLine, Purpose } from '@genesis/contracts';
import { sha256Hex } from '@genesis/evidence';
import { and, count, eq } from 'drizzle-orm';
import type { Door, ReadScope } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { runLog } from './tables.ts';

export type LogWriter = {
  /** Takes lines at once and writes them soon; never throws. */
  write: (lines: LogLine[]) => void;
  /** Resolves when every line taken is committed. Throws when one could not be. */
  close(): Promise<void>;
};

/**
 * The first lines are there soon; of a program that goes on writing, each batch waits a little longer than the one before,
 * since each is an entry of the ledger.
 */
const pace = { firstMs: 300, growth: 1.1, mostMs: 1_500 };

/** How many lines of each stream an attempt has in its log already. */
type Stored = Record<LogLine['stream'], number>;
export const nothingStored: Stored = { stdout: 0, stderr: 0 };

export async function storedLines(scope: ReadScope, run: string, attempt: number): Promise<Stored> {
  const rows = await scope.orm
    .select({ stream: runLog.stream, lines: count() })
    .from(runLog)
    .where(and(eq(runLog.run, run), eq(runLog.attempt, attempt)))
    .groupBy(runLog.stream);
  return { ...nothingStored, ...Object.fromEntries(rows.map(({ stream, lines }) => [stream, lines])) };
}

/**
 * Writes the log of an attempt in batches, each through the door with an entry that commits to its lines, so that a
 * log can be followed while it grows and not be changed afterwards. One line has one number, from 0. Of a log that comes
 * again from its beginning, the lines that are `stored` are passed over.
 */
export function createLogWriter(
  door: Door,
  run: string,
  attempt: number,
  actor: () => Promise<PrincipalFacts>,
  purpose: Purpose,
  stored: Stored,
): LogWriter {
  let waiting: LogLine[] = [];
  let next = stored.stdout + stored.stderr;
  const known = { ...stored };
  const isNew = ({ stream }: LogLine): boolean => {
    known[stream] -= 1;
    return known[stream] < 0;
  };
  let timer: NodeJS.Timeout | undefined;
  let written: Promise<void> = Promise.resolve();
  let waitMs = pace.firstMs;

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
      waiting.push(...lines.filter(isNew));
      if (timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        written = written.then(flush);
        // An error stays in `written` and is thrown by close(); here it must only not be unhandled.
        written.catch(() => undefined);
      }, waitMs);
      waitMs = Math.min(pace.mostMs, waitMs * pace.growth);
    },
    async close() {
      clearTimeout(timer);
      await written;
      await flush();
    },
  };
}

/** Adds a line of the platform's own to the end of the log of an attempt that is over. */
export async function addLine(
  door: Door,
  { run, attempt }: { run: string; attempt: number },
  actor: () => Promise<PrincipalFacts>,
  purpose: Purpose,
  text: string,
): Promise<void> {
  const stored = await storedLines(door.authorize(await actor(), purpose), run, attempt);
  // numbered after all that is there, none of which comes again
  const after = { stdout: stored.stdout + stored.stderr, stderr: 0 };
  const log = createLogWriter(door, run, attempt, actor, purpose, after);
  log.write([{ stream: 'stderr', text }]);
  await log.close();
}

/** PostgreSQL's text holds everything but NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\u2400');
