import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  type ExecutionOutcome,
  type FailureClass,
  type FailureReason,
  failureClassSchema,
  GenesisError,
  invalidField,
  type LogLine,
} from '@genesis/contracts';
import type { Report } from './messages.ts';

export type FunctionRunnerOptions = {
  /** Functions that run at the same time; by default one for each core but one. */
  workers?: number;
  /** Memory of one worker's JavaScript heap, in bytes. */
  heapBytes?: number;
};

export type FunctionCallOptions = {
  /** Ends the call at once; the outcome is `cancelled`. */
  signal?: AbortSignal;
  /** Counted from the moment a worker takes the call. */
  timeoutSeconds?: number;
  /** Lines in order, all of them before the outcome. It must not throw. */
  onLog?: (lines: LogLine[]) => void;
};

/** `output` is what the function returned; `undefined` unless it succeeded. */
type FunctionOutcome = ExecutionOutcome & { output: unknown };

/** Runs functions that ship with Genesis: trusted code, kept apart only so that the server stays responsive. */
export type FunctionRunner = {
  /**
   * Calls `exportName(input, context)` of a module in a worker thread. Input and output are copied (structured clone).
   * Never rejects for what the function does. A thrown error that has a `failureClass` decides the failure class.
   * Throws `invalid-input` when the input cannot be copied, and `unavailable` after close().
   */
  runFunction(
    moduleUrl: URL | string,
    exportName: string,
    input: unknown,
    options?: FunctionCallOptions,
  ): Promise<FunctionOutcome>;
  /** Ends running calls as `killed` and all workers. */
  close(): Promise<void>;
};

type End =
  | { output: unknown; cpuSeconds: number }
  | { reason: FailureReason; failureClass: FailureClass; message: string; cpuSeconds: number | null };

/** One function at a time; `idle` workers do not keep the process alive. */
type Slot = { worker: Worker; end: ((end: End) => void) | null; onLog: (lines: LogLine[]) => void };

const failed = (reason: FailureReason, message: string): End => ({
  reason,
  failureClass: reason === 'cancelled' ? 'F0_NONE' : 'F7_RUNTIME',
  message,
  cpuSeconds: null,
});

const ignoreLog = (): void => {};

function endOf(report: Exclude<Report, { kind: 'log' }>): End {
  if (report.kind === 'returned') return { output: report.output, cpuSeconds: report.cpuSeconds };
  const { what, message, cpuSeconds } = report;
  if (what === 'missing')
    return { reason: 'missing-executable', failureClass: 'F1_MISSING_ARTIFACT', message, cpuSeconds };
  const own = failureClassSchema.exclude(['F0_NONE']).safeParse(report.failureClass);
  return { reason: 'exception', failureClass: own.success ? own.data : 'F7_RUNTIME', message, cpuSeconds };
}

export function createFunctionRunner(options: FunctionRunnerOptions = {}): FunctionRunner {
  const most = options.workers ?? Math.max(1, availableParallelism() - 1);
  const heapMegabytes = Math.ceil((options.heapBytes ?? 2 ** 31) / 2 ** 20);
  const slots = new Set<Slot>();
  const idle: Slot[] = [];
  const waiting: ((slot: Slot) => void)[] = [];
  let closed = false;

  const start = (): Slot => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      // nothing of the server's environment or flags: a function depends on its input only
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    });
    const slot: Slot = { worker, end: null, onLog: ignoreLog };
    worker.on('message', (report: Report) => {
      if (report.kind === 'log') slot.onLog(report.lines);
      else slot.end?.(endOf(report));
    });
    const lost = (end: End): void => {
      slots.delete(slot);
      slot.end?.(end);
    };
    worker.on('error', (error: NodeJS.ErrnoException) =>
      lost(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? failed('out-of-memory', `The function used more than ${heapMegabytes} MiB of memory.`)
          : failed('exception', error.message),
      ),
    );
    worker.on('exit', (code) => lost(failed('exception', `The worker thread ended with code ${code}.`)));
    slots.add(slot);
    return slot;
  };

  const acquire = (): Promise<Slot> => {
    for (let free = idle.pop(); free !== undefined; free = idle.pop()) {
      // a worker may have died while it had nothing to do
      if (slots.has(free)) return Promise.resolve(free);
    }
    if (slots.size < most) return Promise.resolve(start());
    return new Promise((resolve) => waiting.push(resolve));
  };

  /** Gives the slot on, or a fresh one in place of a slot whose worker has ended. */
  const release = (slot: Slot): void => {
    slot.end = null;
    slot.onLog = ignoreLog;
    const next = waiting.shift();
    const usable = slots.has(slot);
    if (next !== undefined) next(usable ? slot : start());
    else if (usable) {
      slot.worker.unref();
      idle.push(slot);
    }
  };

  const call = async (
    slot: Slot,
    moduleUrl: string,
    exportName: string,
    input: unknown,
    { signal, timeoutSeconds, onLog = ignoreLog }: FunctionCallOptions,
  ): Promise<End> => {
    if (signal?.aborted === true) return failed('cancelled', 'The call was cancelled.');
    if (closed) return failed('killed', 'The server is stopping.');
    let timer: NodeJS.Timeout | undefined;
    let abort = ignoreLog as () => void;
    const result = new Promise<End>((resolve) => {
      slot.end = resolve;
      slot.onLog = onLog;
      const breakOff = (end: End): void => {
        slots.delete(slot);
        resolve(end);
      };
      abort = () => breakOff(failed('cancelled', 'The call was cancelled.'));
      signal?.addEventListener('abort', abort, { once: true });
      if (timeoutSeconds !== undefined)
        timer = setTimeout(
          () => breakOff(failed('time-limit', `The function ran longer than its ${timeoutSeconds} seconds.`)),
          Math.min(timeoutSeconds * 1_000, 2 ** 31 - 1),
        );
    });
    slot.worker.ref();
    try {
      slot.worker.postMessage({ moduleUrl, exportName, input });
      const end = await result;
      if (!slots.has(slot)) await slot.worker.terminate();
      return end;
    } catch (cause) {
      throw invalidField('input', 'cannot be copied to a worker thread', { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  };

  return {
    runFunction: async (moduleUrl, exportName, input, callOptions = {}) => {
      if (closed)
        throw new GenesisError({
          code: 'unavailable',
          message: 'The server is stopping.',
          retryAfterSeconds: 10,
        });
      const slot = await acquire();
      const startedAt = new Date();
      const clock = performance.now();
      let end: End;
      try {
        end = await call(slot, String(moduleUrl), exportName, input, callOptions);
      } finally {
        release(slot);
      }
      const wallSeconds = (performance.now() - clock) / 1_000;
      const measured = {
        // the memory of one thread cannot be told apart from the server's
        usage: { wallSeconds, cpuSeconds: end.cpuSeconds, peakMemoryBytes: null },
        startedAt: startedAt.toISOString(),
        endedAt: new Date(startedAt.getTime() + Math.round(wallSeconds * 1_000)).toISOString(),
      };
      if ('output' in end)
        return {
          state: 'succeeded',
          failureClass: 'F0_NONE',
          reason: null,
          message: null,
          ...measured,
          output: end.output,
        };
      const { reason, failureClass, message } = end;
      const state = reason === 'cancelled' ? 'cancelled' : 'failed';
      return { state, failureClass, reason, message, ...measured, output: undefined };
    },
    close: async () => {
      closed = true;
      const ending = [...slots];
      slots.clear();
      for (const slot of ending) slot.end?.(failed('killed', 'The server is stopping.'));
      await Promise.all(ending.map((slot) => slot.worker.terminate()));
    },
  };
}
