/**
 * Entry point of the sandboxed child that parses what strangers upload. It gets one job on standard input, no environment,
 * and files of one staging folder; it answers in JSON lines and ends. Nothing of the server is reachable from here.
 */
import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { GenesisError } from '@genesis/contracts';
import { ingest } from './ingest.ts';
import type { ChildJob, ChildMessage } from './job.ts';
import type { IngestProgress } from './model.ts';

const say = (message: ChildMessage): void => {
  writeSync(1, `${JSON.stringify(message)}\n`);
};

const reporter = () => {
  const last = new Map<string, number>();
  return (progress: IngestProgress): void => {
    const now = performance.now();
    if (now - (last.get(progress.phase) ?? -1000) < 100) return;
    last.set(progress.phase, now);
    say({ type: 'progress', progress });
  };
};

const perform = (job: ChildJob): Promise<unknown> => ingest(job.request, job.limits, reporter());

try {
  const job = JSON.parse(await text(process.stdin)) as ChildJob;
  const result = await perform(job);
  say({ type: 'result', result });
} catch (error) {
  const failure =
    error instanceof GenesisError
      ? error.failure
      : { code: 'internal' as const, message: `the reader failed: ${String(error).slice(0, 300)}` };
  say({ type: 'failure', failure });
}
