import { type ChildProcess, fork } from 'node:child_process';
import { GenesisError } from '@genesis/contracts';
import type { FromProcess, Output, ToProcess } from './onnx-process.ts';

/** `outputs` by name, with how many numbers each gives for a row; `width` is that of the input. */
export type Loaded = { bytes: Uint8Array; input: string; outputs: Map<string, number>; width: number };
export type Outputs = Record<string, Output>;

/** Rows of one run: what waits beyond that goes into the next. */
const mostBatchRows = 8192;
const mostWaitingRows = 200_000;
const loadTimeoutMs = 60_000;
/** A run that takes longer is given up, with its process. */
const runTimeoutMs = 60_000;
const program = new URL('./onnx-process.ts', import.meta.url);

type Waiting = {
  data: Float32Array;
  rows: number;
  done: (outputs: Outputs) => void;
  failed: (error: Error) => void;
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const away = (message: string): GenesisError =>
  new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 1 });

/**
 * One model in a process of its own. Calls that come while it computes are collected and run as one batch. A process that
 * dies fails the batch that it was computing; the next call begins another.
 */
export interface Engine {
  /** Outputs by name for these rows. @throws GenesisError `unavailable` where the process died or too much waits */
  run(data: Float32Array, rows: number): Promise<Outputs>;
  /** Loads the model if it is not loaded. @throws GenesisError `conflict` saying why the runtime refuses the file */
  warm(): Promise<void>;
  close(): void;
  readonly pid: () => number | undefined;
  /** Calls and batches so far. */
  readonly counts: { calls: number; batches: number };
}

export function createEngine(model: () => Promise<Loaded>): Engine {
  let child: ChildProcess | undefined;
  let loading: Promise<ChildProcess> | undefined;
  let waiting: Waiting[] = [];
  let waitingRows = 0;
  let busy = false;
  let closed = false;
  let number = 0;
  let width = 0;
  const counts = { calls: 0, batches: 0 };

  async function start(): Promise<ChildProcess> {
    const loaded = await model();
    ({ width } = loaded);
    const made = fork(program, {
      env: {},
      execArgv: ['--max-old-space-size=512'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(away('The model took too long to load.')), loadTimeoutMs);
        const end = (error?: Error): void => {
          clearTimeout(timer);
          if (error === undefined) resolve();
          else reject(error);
        };
        made.once('exit', () => end(away('The process of the model ended while it loaded.')));
        made.once('error', (error) => end(error));
        made.once('message', (message: FromProcess) => {
          if (message.kind === 'loaded') return end();
          const why = message.kind === 'refused' ? message.message : 'it answered out of turn';
          end(
            new GenesisError({ code: 'conflict', message: `ONNX Runtime does not take this model: ${why}` }),
          );
        });
        made.send({ kind: 'load', ...loaded } satisfies ToProcess);
      });
    } catch (error) {
      made.kill('SIGKILL');
      throw error;
    }
    made.removeAllListeners('exit');
    made.once('exit', () => {
      if (child === made) child = undefined;
    });
    child = made;
    if (closed) made.kill('SIGKILL');
    return made;
  }

  async function ready(): Promise<ChildProcess> {
    if (closed) throw away('This model is not served any more.');
    if (child !== undefined) return child;
    loading ??= start().finally(() => {
      loading = undefined;
    });
    return await loading;
  }

  function take(): Waiting[] {
    let rows = 0;
    let count = 0;
    for (const one of waiting) {
      if (count > 0 && rows + one.rows > mostBatchRows) break;
      rows += one.rows;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    waitingRows -= rows;
    return batch;
  }

  async function ask(process: ChildProcess, data: Float32Array, rows: number): Promise<Outputs> {
    const mine = ++number;
    return await new Promise<Outputs>((resolve, reject) => {
      const timer = setTimeout(() => {
        process.kill('SIGKILL');
        end(away('The model took too long.'));
      }, runTimeoutMs);
      const end = (error: Error | undefined, outputs?: Outputs): void => {
        clearTimeout(timer);
        process.off('message', hear).off('exit', died);
        if (error === undefined) resolve(outputs!);
        else reject(error);
      };
      const died = (): void => end(away('The process of the model ended. Ask again.'));
      const hear = (message: FromProcess): void => {
        if (message.kind === 'done' && message.number === mine) end(undefined, message.outputs);
        if (message.kind === 'failed' && message.number === mine)
          end(
            new GenesisError({
              code: 'conflict',
              message: `The model failed on these rows: ${message.message}`,
            }),
          );
      };
      process.on('message', hear).once('exit', died);
      process.send({ kind: 'run', number: mine, data, rows } satisfies ToProcess, (error) => {
        if (error !== null) died();
      });
    });
  }

  async function runBatch(batch: readonly Waiting[]): Promise<void> {
    const rows = batch.reduce((sum, one) => sum + one.rows, 0);
    const process = await ready();
    const data = batch.length === 1 ? batch[0]!.data : new Float32Array(rows * width);
    if (batch.length > 1) {
      let at = 0;
      for (const one of batch) {
        data.set(one.data, at);
        at += one.data.length;
      }
    }
    const outputs = await ask(process, data, rows);
    counts.batches += 1;
    let from = 0;
    for (const one of batch) {
      const part: Outputs = {};
      for (const [name, output] of Object.entries(outputs))
        part[name] = {
          width: output.width,
          data: output.data.subarray(from * output.width, (from + one.rows) * output.width),
        };
      from += one.rows;
      one.done(part);
    }
  }

  /** What the model refuses costs nobody but the call that it is about; what a process took with it fails the whole batch. */
  async function failEach(batch: readonly Waiting[], error: unknown): Promise<void> {
    const refused = error instanceof GenesisError && error.failure.code === 'conflict';
    for (const one of batch) {
      if (refused && batch.length > 1)
        await runBatch([one]).catch((own: unknown) => one.failed(asError(own)));
      else one.failed(asError(error));
    }
  }

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const batch = take();
      try {
        await runBatch(batch);
      } catch (error) {
        await failEach(batch, error);
      }
    }
    busy = false;
  }

  return {
    counts,
    pid: () => child?.pid,
    async warm() {
      await ready();
    },
    run(data, rows) {
      if (waitingRows + rows > mostWaitingRows)
        return Promise.reject(away('Too many rows wait for this model. Ask again in a moment.'));
      counts.calls += 1;
      return new Promise<Outputs>((done, failed) => {
        waiting.push({ data, rows, done, failed });
        waitingRows += rows;
        if (busy) return;
        busy = true;
        // What arrives in the same turn is part of the first batch.
        setImmediate(() => void work());
      });
    },
    close() {
      closed = true;
      child?.kill('SIGKILL');
    },
  };
}
