/** Whether what a bench loaded is what the product writes. */
import { sql } from 'drizzle-orm';
import { writeDocuments } from '../src/catalog/search/write-documents.ts';
import type { WriteTx } from '../src/door/index.ts';
import type { Database, Tx } from '../src/kernel/index.ts';
import { thingAt } from './catalog-world.ts';

const documents = async (tx: Tx, subjects: readonly string[]): Promise<string[]> => {
  const { rows } = await tx.execute<{ text: string }>(sql`
    select (subject, face, card, class, array(select unnest(facets) order by 1), name, summary, words, pairs, bytes, readiness, created_at)::text as text
    from search_document where subject = any(${sql.param([...subjects])}::text[]) order by subject, face`);
  return rows.map(({ text }) => text);
};

class Undo extends Error {}

/**
 * Writes the documents of a sample again through the product, compares, and undoes it. Counts are compared with the documents.
 *
 * @throws Error where they differ
 */
export async function compareSample(database: Database, count: number, size = 100): Promise<void> {
  const step = Math.floor(count / size);
  const things = Array.from({ length: size }, (_, index) => thingAt(index * step).described);
  const subjects = things.map(({ subject }) => subject);
  await database
    .transaction(async (tx) => {
      const loaded = await documents(tx, subjects);
      await writeDocuments(tx as WriteTx, things);
      const written = await documents(tx, subjects);
      const different = loaded.find((text, index) => text !== written[index]);
      if (loaded.length !== written.length || different !== undefined)
        throw new Error(`the product writes ${written.length} documents, not as loaded: ${different ?? ''}`);
      const { rows } = await tx.execute<{ stored: number; there: number }>(sql`
        select (select sum(documents)::float8 from search_count where value = 0) as stored,
          (select count(*)::float8 from search_document) as there`);
      if (rows[0]?.stored !== rows[0]?.there)
        throw new Error(`counted ${rows[0]?.stored} of ${rows[0]?.there} documents`);
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
}
