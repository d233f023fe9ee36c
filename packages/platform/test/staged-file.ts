import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type IngestOptions, ingestFile } from '../src/catalog/ingest/ingest-file.ts';
import type { Ingested } from '../src/catalog/ingest/model.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type StagedFile = { read: Ingested; file: string; stagingFolder: string };

/** Reads bytes as an upload of any format, in a staging folder of its own. */
export const stageFile = async (
  content: string | Uint8Array,
  options: Partial<IngestOptions> = {},
): Promise<StagedFile> => {
  const stagingFolder = await temporaryFolder();
  const file = join(stagingFolder, 'upload');
  await writeFile(file, content);
  return { read: await ingestFile({ file, stagingFolder, ...options }), file, stagingFolder };
};
