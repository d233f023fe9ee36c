import { createHash, type Hash } from 'node:crypto';
import { addAbortSignal, type Readable } from 'node:stream';
import { GenesisError, idSchema } from '@genesis/contracts';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { asGenesisError, type QueueDefinition } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { delegationMs, notFound, ownJob, queueContent, sentAlready } from '../jobs.ts';
import type { CatalogParts } from '../parts.ts';
import { catalogJob } from '../tables.ts';
import { TusRefusal, tus } from './headers.ts';
import {
  append,
  contentOf,
  createUpload,
  hashOf,
  readRecord,
  removeUpload,
  type UploadRecord,
  writeRecord,
} from './upload-file.ts';

/** Ends imports whose content never came. */
export const expiryQueue: QueueDefinition<{ job: string }> = {
  name: 'catalog-expiry',
  payload: z.strictObject({ job: idSchema('upload') }),
};

/** How far an upload is: `offset` bytes are on disk for good. */
export type UploadState = { length: number; offset: number; metadata: string; expires: Date };

/** Somebody who sends just now; who sends nothing for so long gives way to another. */
type Sender = { heardAt: number; stop: AbortController; ended: Promise<void> };
const silentMs = 3_000;

type JobRow = Awaited<ReturnType<typeof ownJob>>;

const expiresAt = (row: Pick<JobRow, 'createdAt'>): Date => new Date(row.createdAt + delegationMs);

const isExpired = (parts: CatalogParts, row: JobRow): boolean => expiresAt(row) <= parts.clock.now();

const expired = (): GenesisError =>
  new GenesisError({
    code: 'not-found',
    message: 'This upload expired: its content did not come in time. Begin the import anew.',
  });

/**
 * Contents of accepted imports that come in parts and may be resumed, by the same person only. An acknowledged offset
 * survives any crash. Bytes lie in the staging folder of the import until it is done or expires.
 */
export const createUploads = (parts: CatalogParts) => {
  const senders = new Map<string, Sender>();
  /** Hashes of what this process has received in one go since the beginning; else the file is read once more. */
  const hashes = new Map<string, { offset: number; hash: Hash }>();

  const open = async (
    principal: PrincipalFacts,
    id: string,
  ): Promise<{ row: JobRow; folder: string; record: UploadRecord }> => {
    const row = await ownJob(parts, principal, id);
    if (row.state !== 'awaiting-content') throw row.content === null ? expired() : sentAlready();
    if (isExpired(parts, row)) throw expired();
    const folder = await parts.staging.folder(id);
    const record = await readRecord(folder);
    if (record === undefined) throw notFound();
    return { row, folder, record };
  };

  /** Ends whoever sends, and waits until what came is on disk. */
  const interrupt = async (id: string): Promise<void> => {
    for (let other = senders.get(id); other !== undefined; other = senders.get(id)) {
      other.stop.abort();
      await other.ended;
    }
  };

  /** One sender at a time. */
  const alone = async <Result>(id: string, work: (sender: Sender) => Promise<Result>): Promise<Result> => {
    for (let other = senders.get(id); other !== undefined; other = senders.get(id)) {
      if (Date.now() - other.heardAt < silentMs) {
        const message = 'Somebody sends to this upload just now. Ask for its offset (HEAD) in a moment.';
        throw new GenesisError({ code: 'conflict', message, retryAfterSeconds: 1 });
      }
      other.stop.abort();
      await other.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const sender = { heardAt: Date.now(), stop: new AbortController(), ended };
    senders.set(id, sender);
    try {
      return await work(sender);
    } finally {
      senders.delete(id);
      resolve();
    }
  };

  /** Everything is there: queues the import, unless it is not what was announced. */
  const finish = async (
    principal: PrincipalFacts,
    row: JobRow,
    folder: string,
    record: UploadRecord,
    known: Hash | undefined,
  ): Promise<void> => {
    const sha256 = (known ?? (await hashOf(folder))).digest('hex');
    if (record.sha256 !== null && record.sha256 !== sha256) {
      await writeRecord(folder, { ...record, offset: 0 });
      const message = `The whole content has the SHA-256 ${sha256}, and ${record.sha256} was announced. Nothing was imported: send it again from the beginning.`;
      throw new TusRefusal(tus.mismatch, {
        code: 'invalid-input',
        message,
        problems: [{ field: 'Upload-Metadata', message: 'sha256 is not that of the content' }],
      });
    }
    await queueContent(parts, principal, row, { file: contentOf(folder), bytes: record.length, sha256 });
  };

  return {
    /** Begins the upload of an accepted import. Beginning it again before a byte came changes nothing. */
    begin: async (
      principal: PrincipalFacts,
      id: string,
      wanted: { length: number; metadata: string; sha256: string | null },
      limitBytes: number,
    ): Promise<UploadState> => {
      const row = await ownJob(parts, principal, id);
      if (row.state !== 'awaiting-content') throw row.content === null ? expired() : sentAlready();
      if (isExpired(parts, row)) throw expired();
      const most = Math.min(limitBytes, parts.limits.maxBytes);
      if (wanted.length > most) {
        const message = `Upload-Length: the content has more than the ${most} bytes allowed here.`;
        throw new GenesisError({ code: 'too-large', message, limitBytes: most });
      }
      await parts.guard.assertRoom(wanted.length);
      return await alone(id, async () => {
        const folder = await parts.staging.folder(id);
        const known = await readRecord(folder);
        if (known !== undefined && known.offset > 0) {
          const message = `This upload has begun: go on from its offset (${known.offset}), or end it (DELETE) first.`;
          throw new GenesisError({ code: 'conflict', message });
        }
        await parts.queue.enqueue(null, expiryQueue, { job: id }, { key: id, startAfter: expiresAt(row) });
        hashes.set(id, { offset: 0, hash: createHash('sha256') });
        await createUpload(folder, { ...wanted, offset: 0 });
        return { ...wanted, offset: 0, expires: expiresAt(row) };
      });
    },

    /** How far an upload is, also once its import is queued. */
    look: async (principal: PrincipalFacts, id: string): Promise<UploadState> => {
      const row = await ownJob(parts, principal, id);
      const expires = expiresAt(row);
      if (row.content !== null) {
        const { bytes } = row.content;
        return { length: bytes, offset: bytes, metadata: '', expires };
      }
      const { record } = await open(principal, id);
      return { length: record.length, offset: record.offset, metadata: record.metadata, expires };
    },

    /**
     * Takes bytes from exactly the offset on. When the last of them is there, the import is queued in the same step; the
     * offset of the whole is acknowledged only with it.
     */
    append: async (
      principal: PrincipalFacts,
      id: string,
      from: { offset: number; checksum: Buffer | undefined; announced: number | undefined },
      body: Readable,
    ): Promise<{ offset: number; expires: Date }> => {
      await open(principal, id);
      return await alone(id, async (sender) => {
        const { row, folder, record } = await open(principal, id);
        if (from.offset !== record.offset) {
          const message = `Upload-Offset: this upload stands at ${record.offset}, not at ${from.offset}.`;
          throw new GenesisError({ code: 'conflict', message });
        }
        if (record.offset + (from.announced ?? 0) > record.length) {
          const message = `More bytes than the ${record.length} that were announced.`;
          throw new GenesisError({ code: 'too-large', message, limitBytes: record.length });
        }
        const before = hashes.get(id);
        hashes.delete(id);
        const hash = before?.offset === record.offset ? before.hash : undefined;
        const { checksum } = from;
        const seen = (chunk: Uint8Array) => {
          sender.heardAt = Date.now();
          hash?.update(chunk);
        };
        const stoppable = addAbortSignal(sender.stop.signal, body);
        const options = { checksum, guard: parts.guard, seen };
        const offset = await append(folder, record, stoppable, options).catch((error: unknown) => {
          throw asGenesisError(error);
        });
        if (offset === record.length) await finish(principal, row, folder, record, hash);
        else if (hash !== undefined) hashes.set(id, { offset, hash });
        return { offset, expires: expiresAt(row) };
      });
    },

    /** Ends an upload and forgets its bytes; its import may be sent again. */
    end: async (principal: PrincipalFacts, id: string): Promise<void> => {
      await open(principal, id);
      await interrupt(id);
      await alone(id, async () => {
        const { folder } = await open(principal, id);
        hashes.delete(id);
        await removeUpload(folder);
      });
    },

    /** Ends an import whose content did not come in time. Repeatable. */
    expire: async (id: string): Promise<void> => {
      await interrupt(id);
      hashes.delete(id);
      const message = expired().message;
      const ended = {
        failure: { code: 'not-found', message } as const,
        endedAt: parts.clock.now().getTime(),
      };
      const changed = await parts.database.orm
        .update(catalogJob)
        .set({ state: 'failed', ...ended })
        .where(and(eq(catalogJob.id, id), eq(catalogJob.state, 'awaiting-content')))
        .returning({ id: catalogJob.id });
      if (changed.length > 0) await parts.staging.clear(id);
    },
  };
};
export type Uploads = ReturnType<typeof createUploads>;
