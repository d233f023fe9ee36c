import { type Readable, Transform } from 'node:stream';
import type { ChildOptions } from './ingest/run-child.ts';
import type { CatalogParts } from './parts.ts';
import type { VersionRow } from './store.ts';

/** Lends the stored bytes of a version to `work` in a staging folder of its own, which is gone afterwards. */
export const withStored = async <T>(
  parts: CatalogParts,
  version: VersionRow['version'],
  name: string,
  work: (file: string, options: ChildOptions) => Promise<T>,
): Promise<T> => {
  const reading = parts.ids.next('upload');
  try {
    await using stored = await parts.blobs.lend(version.visible.address);
    const file = await parts.staging.lend(reading, stored.path, name);
    return await work(file, { stagingFolder: await parts.staging.folder(reading), limits: parts.limits });
  } finally {
    await parts.staging.clear(reading);
  }
};

/** A stream that hands on what it gets. Its failure is for its reader, who may not listen yet: it never ends the process. */
const newPassage = (): Transform => {
  const passage = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) });
  return passage.on('error', () => undefined);
};

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

/** The first line of a stream, and a stream of what follows it. */
export const splitHead = async (stream: Readable): Promise<{ head: string; body: Readable }> => {
  const body = newPassage();
  const parts: Buffer[] = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const end = chunk.indexOf(10);
    parts.push(end === -1 ? chunk : chunk.subarray(0, end));
    if (end === -1) continue;
    if (end + 1 < chunk.length) body.write(chunk.subarray(end + 1));
    break;
  }
  stream.on('error', (error) => body.destroy(error));
  body.on('close', () => stream.destroy());
  stream.pipe(body);
  return { head: Buffer.concat(parts).toString('utf8'), body };
};
