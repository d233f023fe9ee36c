import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { readLock } from '../compute/index.ts';
import type { Database } from '../kernel/index.ts';
import type { Kits } from './kits/kits.ts';
import { capability, run } from './tables.ts';

/**
 * What the environment of a run or a kit consists of, by the hash that a run recorded and by the id of a capability; undefined
 * for what was no Python environment and no kit.
 */
export const createMaterials = ({ database, kits }: { database: Database; kits: Kits }) => ({
  async environment(hash: string) {
    const [found] = await database.orm
      .select({ environment: run.environment })
      .from(run)
      .where(sql`${run.environment} ->> 'key' = ${hash}`)
      .limit(1);
    if (found?.environment == null) return undefined;
    const { lock, python } = found.environment;
    const packages = readLock(lock, 'lock').entries.map(({ name, version, sha256 }) => ({
      ...{ name, version, sha256 },
    }));
    return { python: python.version, packages };
  },
  async sources(id: string) {
    const [found] = await database.orm
      .select({ manifest: capability.manifest })
      .from(capability)
      .where(eq(capability.id, id));
    if (found?.manifest.implementation.kind !== 'kit') return undefined;
    const { folder } = await kits.filesOf(found.manifest.implementation.sources);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const hashed = files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const sha256 = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      return { path: relative(folder, path), sha256 };
    });
    return (await Promise.all(hashed)).sort((a, b) => (a.path < b.path ? -1 : 1));
  },
});
