import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { Settings } from '../src/settings.ts';
import { loadPool } from './pools.ts';
import { type Protocol, replay, type Trace } from './replay.ts';

export type Task = { pool: string; protocol: Protocol; settings: Settings; seed: number };

const ROLE = 'explorer-replay';

/** Runs tasks on worker threads; results in the order of the tasks. */
export function runTasks(
  tasks: readonly Task[],
  threads: number,
  onDone?: (results: readonly (Trace | undefined)[]) => void,
): Promise<Trace[]> {
  const results: Trace[] = new Array(tasks.length);
  let next = 0;
  const runThread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: ROLE });
      const handOut = (): void => {
        if (next >= tasks.length) {
          worker.postMessage(null);
          return;
        }
        const index = next++;
        worker.postMessage({ index, task: tasks[index] });
      };
      worker.on('message', ({ index, trace }: { index: number; trace: Trace }) => {
        results[index] = trace;
        onDone?.(results);
        handOut();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      handOut();
    });
  return Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, runThread)).then(() => results);
}

if (workerData === ROLE && parentPort) {
  const port = parentPort;
  port.on('message', (message: { index: number; task: Task } | null) => {
    if (message === null) {
      port.close();
      return;
    }
    const { pool, protocol, settings, seed } = message.task;
    port.postMessage({ index: message.index, trace: replay(loadPool(pool, seed), protocol, settings, seed) });
  });
}
