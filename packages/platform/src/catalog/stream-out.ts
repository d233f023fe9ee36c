import { PassThrough, type Readable } from 'node:stream';
import type { ChildOptions } from './ingest/run-child.ts';
import { killGroup } from './ingest/start-child.ts';
import type { CatalogParts } from './parts.ts';
import type { VersionRow } from './store.ts';

/** Lends the stored bytes of a version to `work` in a staging folder of its own, or that of `reading`, which is gone afterwards. */
export const withStored = async <T>(
  parts: CatalogParts,
  version: VersionRow['version'],
  name: string,
  work: (file: string, options: ChildOptions) => Promise<T>,
  reading = parts.ids.next('upload'),
): Promise<T> => {
  try {
    await using stored = await parts.blobs.lend(version.visible.address);
    const file = await parts.staging.lend(reading, stored.path, name);
    return await work(file, { stagingFolder: await parts.staging.folder(reading), limits: parts.limits });
  } finally {
    await parts.staging.clear(reading);
  }
};

/** Lends a stored tree to `work` as above, with the child that waits for such where there is one; then the next is started. */
export const withTree = async <T>(
  parts: CatalogParts,
  version: VersionRow['version'],
  work: (file: string, options: ChildOptions) => Promise<T>,
): Promise<T> => {
  const waiting = parts.waitingChild.take();
  try {
    const child = waiting?.child;
    return await withStored(
      parts,
      version,
      'stored',
      (file, options) => work(file, { ...options, child }),
      waiting?.job,
    );
  } finally {
    if (waiting !== null) killGroup(waiting.child.process);
    void parts.waitingChild.renew();
  }
};

/** What may lie between a writer and its reader, so that neither waits for the other at every part. */
const betweenBytes = 4 * 2 ** 20;

/** A stream that hands on what it gets. Its failure is for its reader, who may not listen yet: it never ends the process. */
const newPassage = (): PassThrough =>
  new PassThrough({ highWaterMark: betweenBytes }).on('error', () => undefined);

/**
 * What a child writes, as a stream for a reader. Resolves with the first bytes, so what fails before them is an error of its own;
 * errors after that end the stream. A reader who leaves ends the child.
 */
export const streamOut = async (
  run: (take: (stream: Readable) => Promise<void>) => Promise<unknown>,
): Promise<Readable> => {
  const passage = newPassage();
  const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
  void run(async (stream) => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      resolve();
      if (!passage.write(chunk)) await new Promise((more) => passage.once('drain', more).once('close', more));
      if (passage.destroyed) return;
    }
  }).then(
    () => passage.end(),
    (error: unknown) => {
      reject(error);
      passage.destroy(error instanceof Error ? error : new Error(String(error)));
    },
  );
  await begun;
  return passage;
};

/** The first line of a stream, and the stream of what follows it. */
export const splitHead = async (stream: Readable): Promise<{ head: string; body: Readable }> => {
  const parts: Buffer[] = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const end = chunk.indexOf(10);
    parts.push(end === -1 ? chunk : chunk.subarray(0, end));
    if (end === -1) continue;
    if (end + 1 < chunk.length) stream.unshift(chunk.subarray(end + 1));
    break;
  }
  return { head: Buffer.concat(parts).toString('utf8'), body: stream };
};
