import { realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { GenesisError } from '@genesis/contracts/errors';
import { defaultLimits, type Ingested, type IngestRequest } from './model.ts';
import { type ChildOptions, runChild } from './run-child.ts';

export type IngestOptions = IngestRequest &
  Pick<ChildOptions, 'onProgress' | 'onMemory' | 'signal'> & {
    /** Statistics and first rows of the whole table: only where nothing of it will be sealed. */
    describe?: boolean;
  };

/**
 * Reads an uploaded file in a sandboxed child: a table is written as normalised Parquet into the staging folder, a tree is
 * described, and anything else is hashed only.
 *
 * The file must lie in the staging folder; the child sees nothing else of the machine. All or nothing: it rejects with a
 * `GenesisError` whose problems name line and column, and no Parquet file is left. Memory stays flat whatever the size of a table.
 */
export const ingestFile = async (options: IngestOptions): Promise<Ingested> => {
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
  return result.content === 'table'
    ? { ...result, parquetFile: join(stagingFolder, 'table.parquet') }
    : result;
};
