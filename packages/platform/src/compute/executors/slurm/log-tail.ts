import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogLine, logLineSchema } from '@genesis/contracts';
import type { JobHooks } from '../../ports.ts';
import { files } from './launch-file.ts';

const pieceBytes = 2 ** 20;

/** Tells the lines that were added since the last call; the first call tells all of them. */
export function tailLog(folder: string, onLog: NonNullable<JobHooks['onLog']>): () => Promise<void> {
  let offset = 0;
  let rest = Buffer.alloc(0);
  return async () => {
    const file = await open(join(folder, files.log), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (file === null) return;
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, offset);
        if (bytesRead === 0) return;
        offset += bytesRead;
        const known = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const end = known.lastIndexOf(0x0a) + 1;
        rest = known.subarray(end);
        const lines: LogLine[] = known
          .toString('utf8', 0, end)
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => logLineSchema.parse(JSON.parse(line)));
        if (lines.length > 0) onLog(lines);
      }
    } finally {
      await file.close();
    }
  };
}
