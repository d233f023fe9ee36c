import { fingerprintOverlap, type RowFingerprints, type SplitRule } from '@genesis/evidence';
import { eq, inArray, sql } from 'drizzle-orm';
import type { WriteTx } from '../door/index.ts';
import type { Database } from '../kernel/index.ts';
import { seal, sealMark } from './tables.ts';

type KnownSeal = { id: string; rule: SplitRule; keyColumns: string[]; retired: boolean };
export type Recognition =
  | { recognised: 'same-rows'; seal: KnownSeal }
  | { recognised: 'same-designs' | 'new'; seal: null };

const markBytes = (marks: readonly RowFingerprints[]): Buffer[] =>
  [...new Set(marks.flatMap(({ row, design }) => [...row, design]))].map((mark) => Buffer.from(mark, 'hex'));

/**
 * Whether a table's rows are under a seal already: by the canonical hash of the whole table, else by the overlap of row
 * fingerprints with any sealed rows. Looks at all seals, whoever owns them, and tells nothing but the outcome.
 */
export const recognise = async (
  orm: Database['orm'],
  table: { tableHash: string; marks: readonly RowFingerprints[] },
): Promise<Recognition> => {
  const known = (row: typeof seal.$inferSelect): Recognition => ({
    recognised: 'same-rows',
    seal: { id: row.id, rule: row.rule, keyColumns: row.keyColumns, retired: row.retiredAt !== null },
  });
  const [same] = await orm.select().from(seal).where(eq(seal.tableHash, table.tableHash));
  if (same !== undefined) return known(same);
  const found = await orm
    .selectDistinct({ seal: sealMark.seal })
    .from(sealMark)
    .where(sql`${sealMark.mark} = any(${sql.param(markBytes(table.marks))}::bytea[])`);
  if (found.length === 0) return { recognised: 'new', seal: null };
  const candidates = await orm
    .select()
    .from(seal)
    .where(
      inArray(
        seal.id,
        found.map((row) => row.seal),
      ),
    )
    .orderBy(seal.createdAt, seal.id);
  let sameDesigns = false;
  for (const candidate of candidates) {
    const overlap = fingerprintOverlap(candidate.fingerprints, table.marks);
    if (overlap.recognised === 'same-rows') return known(candidate);
    if (overlap.recognised === 'same-designs') sameDesigns = true;
  }
  return { recognised: sameDesigns ? 'same-designs' : 'new', seal: null };
};

/** Enters a seal with the marks of its rows. Two at once for the same table conflict on its hash; the later one retries and is recognised. */
export const insertSeal = async (
  tx: WriteTx,
  row: Omit<typeof seal.$inferInsert, 'retiredAt' | 'retiredBy'>,
): Promise<void> => {
  await tx.insert(seal).values(row);
  await tx.execute(
    sql`insert into ${sealMark} (mark, seal)
      select mark, ${row.id} from unnest(${sql.param(markBytes(row.fingerprints))}::bytea[]) as mark`,
  );
};
