import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from './server.ts';

/** Every table of the platform as text, whatever its columns: what a dump of the database would hold. */
export async function* dumpTables(server: Server): AsyncGenerator<{ table: string; text: string }> {
  const tables = await server.query<{ place: string }>(
    `select format('%I.%I', table_schema, table_name) as place from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  for (const { place } of tables) {
    const rows = await server.query<{ text: string }>(`select one::text as text from ${place} one`);
    yield { table: place, text: rows.map(({ text }) => text).join('\n') };
  }
}

/** Every file below the data folder, byte for byte. */
export async function* dumpFiles(server: Server): AsyncGenerator<{ file: string; text: string }> {
  for (const entry of await readdir(server.dataFolder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'latin1').catch((error: NodeJS.ErrnoException) => {
      // A draft that was renamed or removed since: it is found under its name, or gone.
      if (error.code !== 'ENOENT') throw error;
      return '';
    });
    yield { file, text };
  }
}
