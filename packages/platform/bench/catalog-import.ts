/** Import of cards in batches, on the way that the platform takes: read, checked by every rule, bound, entered, found. */
import { type ImportParts, importCards } from '../src/catalog/cards/import-cards.ts';
import { createCardReaders } from '../src/catalog/cards/read-cards.ts';
import { createDoor } from '../src/door/index.ts';
import { createIds, type Database, systemClock } from '../src/kernel/index.ts';
import { cardText } from '../test/card-for-tests.ts';
import { randomAt, searchers, zipf } from './catalog-world.ts';

const batch = 200;

export type ImportCardsFigures = {
  cards: number;
  bytesOfCard: number;
  /** By the clock, with what else runs here. */
  perMinute: number;
};

/** Imports `count` cards that differ in name, keywords and summary, all of about 24 KB, after one batch that warms up. */
export async function measureImportCards(database: Database, count: number): Promise<ImportCardsFigures> {
  const clock = systemClock;
  const ids = createIds(clock);
  const parts: ImportParts = {
    door: createDoor({ database, clock, ids }),
    clock,
    ids,
    cardReaders: createCardReaders(),
  };
  const { principal } = searchers(count)[1]!;
  const random = randomAt(7);
  const words = (many: number): string => Array.from({ length: many }, () => zipf(random)).join(' ');
  const made = Array.from({ length: count + batch }, (_, index) =>
    cardText({
      'discoverability.identification.name': `Library ${index} ${words(4)}`,
      'discoverability.dataset_description.dataset_summary': `Measured with ${words(30)}.`,
      'discoverability.dataset_description.keywords': [zipf(random), zipf(random)],
    }),
  );
  const send = (from: number) => importCards(parts, principal, { cards: made.slice(from, from + batch) });
  await send(0);
  const start = performance.now();
  // Two batches on their way: one is read while the other is written.
  let next = batch;
  const sender = async (): Promise<void> => {
    while (next < made.length) {
      const from = next;
      next += batch;
      await send(from);
    }
  };
  await Promise.all([sender(), sender()]);
  const seconds = (performance.now() - start) / 1000;
  return { cards: count, bytesOfCard: Buffer.byteLength(made[0]!), perMinute: (count / seconds) * 60 };
}
