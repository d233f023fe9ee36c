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

/** What a look at the disk found, or nothing where it was renamed or removed in the meantime. */
const unlessGone = async <T>(look: Promise<T>, nothing: T): Promise<T> => {
  try {
    return await look;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return nothing;
  }
};

/** Every file below a folder, byte for byte. */
export async function* dumpFiles(folder: string): AsyncGenerator<{ file: string; text: string }> {
  for (const entry of await unlessGone(readdir(folder, { withFileTypes: true }), [])) {
    const file = join(folder, entry.name);
    if (entry.isDirectory()) yield* dumpFiles(file);
    else if (entry.isFile()) yield { file, text: await unlessGone(readFile(file, 'latin1'), '') };
  }
}
