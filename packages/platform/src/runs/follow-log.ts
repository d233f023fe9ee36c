import { setTimeout as wait } from 'node:timers/promises';
import { invalidField, type RunState, runStates } from '@genesis/contracts';
import type { ReadScope } from '../door/index.ts';
import type { ServerEvent } from '../kernel/index.ts';
import { findRun, type LogPosition, markOfLog, readLog } from './store.ts';

const linesAtOnce = 500;
const lookEveryMs = 250;
/** Who may not read on is sent nothing more at once, and away at the first look after this time. */
const authorizeEveryMs = 1000;

/** The place after which a reader goes on; events of the log have the id `ATTEMPT.LINE`. */
export function positionOf(lastEventId: string | string[] | undefined): LogPosition {
  if (lastEventId === undefined || lastEventId === '') return { attempt: 0, line: -1 };
  const [, attempt, line] = /^(\d{1,9})\.(\d{1,9})$/.exec(String(lastEventId)) ?? [];
  if (attempt === undefined || line === undefined)
    throw invalidField('Last-Event-ID', 'expected the id of an event of this log, like 1.42');
  return { attempt: Number(attempt), line: Number(line) };
}

/**
 * Events of a run's log after a position until the run has ended. Everything that is sent was decided at that moment; a
 * look that only asks whether there is anything new sends nothing, and takes the right of the decision before.
 */
export async function* followLog(
  authorize: () => Promise<ReadScope>,
  id: string,
  from: LogPosition,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let after = from;
  let toldWait: string | null = null;
  let told: { mark: string; scope: ReadScope; at: number } | undefined;
  while (!signal.aborted) {
    const mark = told === undefined ? undefined : await markOfLog(told.scope, id);
    if (told === undefined || mark !== told.mark || performance.now() - told.at >= authorizeEveryMs) {
      const scope = await authorize();
      told = { mark: mark ?? '', scope, at: performance.now() };
      const row = await findRun(scope, id);
      if (row.waitsFor !== toldWait) {
        toldWait = row.waitsFor;
        if (toldWait !== null) yield { event: 'waits', data: { text: toldWait } };
      }
      const lines = await readLog(scope, id, after, linesAtOnce);
      for (const one of lines) {
        after = { attempt: one.attempt, line: one.line };
        yield {
          id: `${one.attempt}.${one.line}`,
          event: one.stream,
          data: { attempt: one.attempt, text: one.text },
        };
      }
      if (lines.length === linesAtOnce) {
        told = undefined;
        continue;
      }
      if (runStates.isFinal(row.state as RunState)) {
        yield { event: 'end', data: { status: row.state, outcome: row.outcome } };
        return;
      }
    }
    await wait(lookEveryMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
