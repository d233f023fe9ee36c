import type { Claim } from '@genesis/contracts';
import type { EvaluationRow } from '@genesis/evidence';
import type { BlobStore, SealedRef } from '../../kernel/index.ts';

/** The rows behind a verdict as they are kept: those of sealed data encrypted, as the split keeps them. */
export type KeptRows = EvaluationRow[] | { sealed: SealedRef };

/**
 * Keeps the rows of an evaluation. What a claim on a split was tested on stays sealed after its verdict too: neither the
 * database nor its backups hold it in the clear.
 */
export const keepRows = async (blobs: BlobStore, claim: Claim, rows: EvaluationRow[]): Promise<KeptRows> =>
  claim.source.kind === 'split' ? { sealed: await blobs.putSealed(Buffer.from(JSON.stringify(rows))) } : rows;

/** The rows again; for sealed ones only the export that retires their split, or commits to them, may ask. */
export async function openRows(blobs: BlobStore, kept: KeptRows): Promise<EvaluationRow[]> {
  if (Array.isArray(kept)) return kept;
  const chunks: Buffer[] = [];
  for await (const chunk of blobs.openSealed(kept.sealed)) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as EvaluationRow[];
}
