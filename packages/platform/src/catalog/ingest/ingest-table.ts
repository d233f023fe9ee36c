import { realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { defaultLimits, type IngestedTable, type IngestRequest } from './model.ts';
import { type ChildOptions, runChild } from './run-child.ts';

export type IngestOptions = IngestRequest &
  Pick<ChildOptions, 'onProgress' | 'onMemory' | 'signal'> & {
    /** Statistics and first rows of the whole table: only where nothing of it will be sealed. */
    describe?: boolean;
  };

/**
 * Reads an uploaded CSV or Parquet file in a sandboxed child and writes it as normalised Parquet into the staging folder.
 *
 * The file must lie in the staging folder; the child sees nothing else of the machine. All or nothing: it rejects with a
 * `GenesisError` whose problems name line and column, and no Parquet file is left. Memory stays flat whatever the file's size.
 */
export const ingestTable = async (options: IngestOptions): Promise<IngestedTable> => {
  const { onProgress, onMemory, signal, describe = false, ...request } = options;
  const limits = { ...defaultLimits, ...request.limits };
  const stagingFolder = await realpath(request.stagingFolder);
  const file = await realpath(resolve(request.file));
  if (!file.startsWith(stagingFolder + sep)) {
    throw new GenesisError({
      code: 'internal',
      message: 'the uploaded file does not lie in its staging folder',
    });
  }
  const { size } = await stat(file);
  if (size > limits.maxBytes) {
    const message = `file: has ${size} bytes, at most ${limits.maxBytes} are allowed`;
    throw new GenesisError({ code: 'too-large', message, limitBytes: limits.maxBytes });
  }
  const result = await runChild(
    { kind: 'ingest', request: { ...request, file, stagingFolder }, describe },
    {
      stagingFolder,
      limits,
      ...(onProgress && {
        onProgress: (progress) =>
          onProgress(
            progress.phase === 'read'
              ? { phase: 'read', fraction: size === 0 ? 1 : progress.fraction / size }
              : progress,
          ),
      }),
      ...(onMemory && { onMemory }),
      ...(signal && { signal }),
    },
  );
  return { ...result, parquetFile: join(stagingFolder, 'table.parquet') };
};
