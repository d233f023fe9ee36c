import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataOf } from '@genesis/client';
import { CardError, readCard, validateCard } from '@genesis/datacard';
import type { Call } from '../command.ts';
import { UsageError } from '../failure.ts';

/** What one request holds: below the limits of the server, so that text may grow a little as JSON. */
const most = { cards: 200, bytes: 6 * 2 ** 20 };
const fewProblems = 10;

type CardFile = { path: string; text: string };

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => /\.(md|json|ya?ml)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** What is wrong with a card, in one line; undefined where nothing is. */
function faultOf({ path, text }: CardFile): string | undefined {
  try {
    const [error] = validateCard(readCard(text)).filter(({ severity }) => severity === 'error');
    return error && `${path}: ${error.field}: ${error.message} ${error.write}`;
  } catch (error) {
    if (error instanceof CardError) return `${path}: ${error.message}`;
    throw error;
  }
}

function* batches(files: readonly CardFile[]): Generator<CardFile[]> {
  let batch: CardFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const size = Buffer.byteLength(JSON.stringify(file.text));
    if (batch.length > 0 && (batch.length >= most.cards || bytes + size > most.bytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(file);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

export type ImportedCards = {
  imported: number;
  known: number;
  cards: { file: string; dataset: string; card: string }[];
};

/**
 * Imports every card below a folder. All are checked first: a wrong one, and nothing is sent. Batches that arrived stay; sent
 * again after an interruption, what is there already is told as known.
 *
 * @throws UsageError naming the files that are wrong
 */
export async function importCards(call: Call, folder: string, organisation?: string): Promise<ImportedCards> {
  const paths = await filesIn(folder);
  if (paths.length === 0) throw new UsageError(`There is no card (.md, .json, .yaml) in ${folder}.`);
  const files = await Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
  const progress = call.progress();
  const faults: string[] = [];
  for (const [index, file] of files.entries()) {
    const fault = faultOf(file);
    if (fault !== undefined) faults.push(fault);
    if (index % 20 === 0) progress.show([{ name: 'checked', done: index + 1, of: files.length }]);
  }
  progress.end();
  if (faults.length > 0) {
    const shown = faults.slice(0, fewProblems).join('\n');
    throw new UsageError(`${faults.length} of ${files.length} cards are wrong; nothing was sent.\n${shown}`);
  }
  const { api } = await call.client();
  const done: ImportedCards = { imported: 0, known: 0, cards: [] };
  for (const batch of batches(files)) {
    const body = {
      cards: batch.map(({ text }) => text),
      ...(organisation === undefined ? {} : { organisation }),
    };
    const { items } = dataOf(await api.POST('/v1/cards/bulk', { body, signal: call.signal }));
    for (const [index, { dataset, card, state }] of items.entries()) {
      done[state]++;
      done.cards.push({ file: batch[index]!.path, dataset, card });
    }
    progress.show([{ name: 'imported', done: done.cards.length, of: files.length }]);
  }
  progress.end();
  return done;
}
