/**
 * Entry point of the sandboxed child that parses what strangers upload. It gets one job on standard input, no environment,
 * and files of one staging folder; it answers in JSON lines and ends. Nothing of the server is reachable from here.
 */
import { once } from 'node:events';
import { createWriteStream, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { GenesisError } from '@genesis/contracts/errors';
import type { ChildMessage, JobMessage } from './job.ts';
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

/** Gives `work` a sink to descriptor 3 that waits for the reader, and ends it when the work is done. Bytes may be used again once it resolves. */
const withSink = async <T>(
  work: (sink: (part: string | Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T> => {
  const stream = createWriteStream('', { fd: 3 });
  const result = await work(async (part) => {
    if (typeof part !== 'string') await written(stream, part);
    else if (!stream.write(part)) await once(stream, 'drain');
  });
  stream.end();
  await finished(stream);
  return result;
};

const written = (stream: Writable, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())));

const perform = async ({ job, stagingFolder, limits }: JobMessage): Promise<unknown> => {
  // Modules are loaded when needed: most jobs start faster without them.
  if (job.kind === 'ingest') {
    return (await import('./ingest.ts')).ingest(job.request, limits, reporter(), job.describe);
  }
  if (job.kind === 'slice') {
    const { sliceTree } = await import('./formats/read-tree.ts');
    return withSink((sink) => sliceTree(job.request, sink));
  }
  const { openDuckDb } = await import('./duckdb.ts');
  const connection = await openDuckDb(stagingFolder, limits);
  switch (job.kind) {
    case 'recognise':
      return (await import('./cut-table.ts')).recogniseTable(connection, job.request);
    case 'cut': {
      const { request } = job;
      const { cutTable } = await import('./cut-table.ts');
      return withSink((sink) => cutTable(connection, request, stagingFolder, sink));
    }
    case 'named':
      return (await import('./name-columns.ts')).nameColumns(connection, job.request);
    case 'rows': {
      const { request } = job;
      const { writeRows } = await import('./write-rows.ts');
      return withSink((sink) => writeRows(connection, request, sink));
    }
  }
};

/** What slices of HDF5 files need, which takes longer to load than most of them to read. */
const load = async (): Promise<void> => {
  await import('./formats/read-tree.ts');
  await import('./formats/read-hdf5.ts');
  say({ type: 'waiting' });
};

try {
  if (process.argv[2] === 'slice') await load();
  const result = await perform(JSON.parse(await text(process.stdin)) as JobMessage);
  say({ type: 'result', result });
} catch (error) {
  const failure =
    error instanceof GenesisError
      ? error.failure
      : { code: 'internal' as const, message: `the reader failed: ${String(error).slice(0, 300)}` };
  say({ type: 'failure', failure });
}
