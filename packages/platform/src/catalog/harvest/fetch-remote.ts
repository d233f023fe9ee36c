import { createHash } from 'node:crypto';
import { GenesisError, invalidField } from '@genesis/contracts';
import { eq } from 'drizzle-orm';
import { actUnder } from '../../door/index.ts';
import { type Idempotency, type JobContext, OutboundError } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { acceptImport, receiveContent } from '../jobs.ts';
import type { CatalogJobView } from '../model.ts';
import type { CatalogParts } from '../parts.ts';
import { hidden } from '../read.ts';
import { catalogJob } from '../tables.ts';
import { giveUp, isFinal } from '../work.ts';
import { fetchQueue } from './queues.ts';
import type { RemoteFile } from './remote-record.ts';
import { findRemote, type RemoteRow } from './store.ts';

async function readable(parts: CatalogParts, principal: PrincipalFacts, id: string): Promise<RemoteRow> {
  const { scope } = await parts.door.use(principal, 'dataset.read', id, 'explore');
  const row = await findRemote(scope, id);
  if (row === undefined) throw hidden();
  return row;
}

/**
 * Begins the import of one file of a remote dataset: a new dataset of the same owner, with its label and conditions, that
 * descends from it. Nobody's computer sends the bytes: a job fetches them.
 */
export async function fetchRemote(
  parts: CatalogParts,
  principal: PrincipalFacts,
  wanted: { remote: string; file: number; name?: string },
  idempotency?: Idempotency,
): Promise<CatalogJobView> {
  const { facts, remote } = await readable(parts, principal, wanted.remote);
  const { record } = remote;
  const file = record.files[wanted.file];
  if (file === undefined)
    throw invalidField(
      'file',
      record.files.length === 0
        ? 'its catalog names no file that could be fetched'
        : `expected 0 to ${record.files.length - 1}`,
    );
  const request = {
    name: wanted.name ?? record.name,
    remote: remote.id,
    description: record.description,
    source: `${file.url} (${record.remoteId} of ${remote.origin})`.slice(0, 2000),
    ...(facts.organisation === null ? {} : { organisation: facts.organisation }),
    label: facts.label,
    conditions: facts.conditions,
  };
  return await acceptImport(parts, principal, request, idempotency, (tx, job) =>
    parts.queue.enqueue(tx, fetchQueue, { job, remote: remote.id, file: wanted.file }, { key: job }),
  );
}

const fetchMs = 6 * 3600_000;

/** The bytes of a file, and an error at their end where they are not the ones that its catalog names. */
async function* verified(parts: CatalogParts, file: RemoteFile, signal: AbortSignal): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  try {
    const limits = { timeoutMs: fetchMs, mostBytes: parts.limits.maxBytes, accept: '*/*', signal };
    for await (const piece of parts.outbound.stream(file.url, limits)) {
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const message = `The file could not be fetched: ${error.message}.`;
    throw new GenesisError(
      error.transient
        ? { code: 'unavailable', message, retryAfterSeconds: 30 }
        : { code: 'unsupported', message },
      { cause: error },
    );
  }
  if (file.sha256 !== null && hash.digest('hex') !== file.sha256)
    throw new GenesisError({
      code: 'unsupported',
      message: 'The fetched bytes are not those whose SHA-256 the catalog names. Harvest it again.',
    });
}

const mostFailures = 3;

/** Fetches the content of one import. Repeatable: what was received is not fetched again. */
export async function workOnFetch(
  parts: CatalogParts,
  { job, remote, file }: { job: string; remote: string; file: number },
  { signal }: JobContext,
): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    const [row] = await parts.database.orm.select().from(catalogJob).where(eq(catalogJob.id, job));
    if (row?.state !== 'awaiting-content') return;
    let principal: PrincipalFacts | null = null;
    try {
      principal = await actUnder(parts.database, parts.directory, row.delegation);
      const { record } = (await readable(parts, principal, remote)).remote;
      const wanted = record.files[file];
      if (wanted === undefined)
        throw new GenesisError({
          code: 'not-found',
          message: 'Its catalog does not name this file any more.',
        });
      await receiveContent(parts, principal, job, verified(parts, wanted, signal));
      parts.crashPoints.reach('remote.fetched');
      return;
    } catch (error) {
      if (signal.aborted || !(error instanceof GenesisError)) throw error;
      const { code } = error.failure;
      if (isFinal(error) || (code === 'unavailable' && failures >= mostFailures))
        return await giveUp(parts, row, principal, error as GenesisError);
      if (code !== 'unavailable') throw error;
      await parts.clock.sleep(1000 * failures, signal);
    }
  }
}
