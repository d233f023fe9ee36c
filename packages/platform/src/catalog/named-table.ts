import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Purpose } from '@genesis/contracts';
import { errorCode } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import { runChild } from './ingest/run-child.ts';
import type { CatalogParts } from './parts.ts';
import { showVersion } from './read.ts';
import { withStored } from './stream-out.ts';

/**
 * Writes the visible rows of a table to a file of the host, as Parquet whose columns have the names of the imported file:
 * what programs of people read. False, and nothing written, for what is no table.
 *
 * @throws GenesisError `denied` or `not-found` as for every read of the version
 */
export async function writeNamedTable(
  parts: CatalogParts,
  principal: PrincipalFacts,
  id: string,
  purpose: Purpose | null,
  target: string,
): Promise<boolean> {
  const { version } = await showVersion(parts, principal, id, purpose);
  if (version.content !== 'table') return false;
  await withStored(parts, version, 'table.parquet', async (parquetFile, options) => {
    const made = join(options.stagingFolder, 'named.parquet');
    await runChild(
      { kind: 'named', request: { parquetFile, columns: version.columns, target: made } },
      options,
    );
    await rename(made, target).catch(async (error: unknown) => {
      if (errorCode(error) !== 'EXDEV') throw error;
      await copyFile(made, target);
    });
  });
  return true;
}
