import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { GenesisError, invalidField } from '@genesis/contracts';
import { createLog, loadConfig, restoreBackup } from './kernel/index.ts';
import { readFlags } from './read-flags.ts';

/*
 * Restores a backup while no server runs: `node restore.ts FILE [--config FILE] [--data-folder DIR] ...`, into the data
 * folder (and the database, where one is configured) that the server would use; both must be empty.
 *
 * Prints one JSON line `{"dataFolder", "createdAt", "tables", "rows", "files"}` when all of it is in its place. Ends with
 * status 2 for wrong arguments or an archive that was changed or cut short, and with 1 when it cannot restore; then
 * nothing is restored at all.
 */

async function* read(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path).catch((error: unknown) => {
    throw invalidField('archive', `${path} cannot be read`, { cause: error });
  });
  await handle.close();
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) yield chunk as Buffer;
}

async function main(): Promise<void> {
  const { flags, file, positionals } = readFlags(process.argv.slice(2), { allowPositionals: true });
  const [archive] = positionals;
  if (archive === undefined || positionals.length > 1) throw invalidField('archive', 'expected one file');
  const { config } = await loadConfig({ env: process.env, flags, file });
  const { dataFolder, databaseUrl } = config;
  const log = createLog({ level: config.logLevel });
  const report = await restoreBackup({ archive: read(archive), dataFolder, databaseUrl, log });
  process.stdout.write(`${JSON.stringify({ dataFolder, ...report })}\n`);
}

try {
  await main();
} catch (error) {
  const known = error instanceof GenesisError && error.failure.code !== 'internal';
  const message =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`Nothing was restored. ${message}\n`);
  process.exitCode = error instanceof GenesisError && error.failure.code === 'invalid-input' ? 2 : 1;
}
