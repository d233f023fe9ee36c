import { stat } from 'node:fs/promises';
import { dataOf, type GenesisClient, type paths } from '@genesis/client';
import type { Call } from '../command.ts';
import { StepError, UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { sendContent } from './send-content.ts';

export type ImportRequest = NonNullable<
  paths['/v1/imports']['post']['requestBody']
>['content']['application/json'];
type Job = paths['/v1/imports/{id}']['get']['responses'][200]['content']['application/json'];

const mostProblems = 20;
/** Smaller files are there before anybody could interrupt. */
const saidFromBytes = 1 << 20;

/** What is wrong with a table, cell by cell, as far as it helps a person. */
function wordsOf(failure: unknown): string {
  const { message, problems = [] } = failure as {
    message: string;
    problems?: { field: string; message: string }[];
  };
  if (problems.length < 2) return plain(message);
  const lines = problems
    .slice(0, mostProblems)
    .map(({ field, message: what }) => `  - ${plain(field)}: ${plain(what)}`);
  const left = problems.length - lines.length;
  return [
    `The file is not valid; nothing was imported.`,
    ...lines,
    ...(left > 0 ? [`  and ${left} more`] : []),
  ].join('\n');
}

/** Follows an import or a cut until it is done. */
export async function watchJob(call: Call, client: GenesisClient, id: string): Promise<Job> {
  let last: Job | undefined;
  const path = `/v1/imports/${encodeURIComponent(id)}/events`;
  for await (const { data } of client.events<Job>(path, { signal: call.signal })) {
    last = data;
    if (data.state === 'done' || data.state === 'failed') break;
  }
  if (last?.state === 'done') return last;
  if (last?.state === 'failed') {
    const code = (last.failure as { code?: string } | null)?.code;
    if (code === 'invalid-input') throw new UsageError(wordsOf(last.failure));
    throw new StepError(`The import failed: ${wordsOf(last.failure)}`);
  }
  throw new StepError('The connection ended before the import did. Nothing is lost: it goes on by itself.');
}

type Imported = { import: string; dataset: string; version: string; split: string | null } & NonNullable<
  Job['outcome']
>;

/**
 * Sends a file and returns once its dataset version is published. The file is streamed, whatever its size. With the id of
 * an import whose sending was interrupted it goes on there, and `request` counts for nothing.
 */
export async function importTable(
  call: Call,
  client: GenesisClient,
  path: string,
  request: ImportRequest,
  resume?: string,
): Promise<Imported> {
  const { size } = await stat(path);
  if (size === 0) throw new UsageError(`${path} is empty.`);
  const id =
    resume ?? dataOf(await client.api.POST('/v1/imports', { body: request, signal: call.signal })).id;
  if (resume === undefined && size > saidFromBytes)
    call.say(`Import ${id}: if this command is interrupted, go on with --resume ${id}`);
  await sendContent(call, client, path, id);
  const { dataset, version, split, outcome } = await watchJob(call, client, id);
  if (dataset === null || version === null || outcome === null)
    throw new StepError('The import is done, but names no dataset.');
  return { import: id, dataset, version, split, ...outcome };
}
