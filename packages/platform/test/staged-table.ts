import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type IngestOptions, ingestFile } from '../src/catalog/ingest/ingest-file.ts';
import { defaultLimits, type IngestedTable } from '../src/catalog/ingest/model.ts';
import type { RowCell } from '../src/catalog/ingest/rows.ts';
import { runChild } from '../src/catalog/ingest/run-child.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type Staged = IngestedTable & { stagingFolder: string };

/** Reads bytes, or a file of `from`, as an upload in a staging folder of its own. */
export const stage = async (
  content: string | Uint8Array | { from: string },
  options: Partial<IngestOptions> = {},
): Promise<Staged> => {
  const stagingFolder = await temporaryFolder();
  const file = join(stagingFolder, 'upload');
  if (typeof content === 'object' && 'from' in content) await copyFile(content.from, file);
  else await writeFile(file, content);
  const read = await ingestFile({ file, stagingFolder, ...options });
  if (read.content !== 'table') throw new Error(`read as a ${read.content}, not as a table`);
  return { ...read, stagingFolder };
};

/** All rows of a staged table. */
export const rowsOf = async ({ stagingFolder, parquetFile, columns }: Staged): Promise<RowCell[][]> => {
  let lines = '';
  const chosen = columns.map((_, index) => index);
  await runChild(
    { kind: 'rows', request: { parquetFile, columns, chosen, form: 'json' } },
    {
      stagingFolder,
      limits: defaultLimits,
      onData: async (stream) => {
        lines = await text(stream);
      },
    },
  );
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RowCell[]);
};
