import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nullIfAbsent } from '../../kernel/index.ts';

/** The bytes of all files below a folder; what goes away meanwhile counts nothing. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of (await nullIfAbsent(readdir(folder, { withFileTypes: true }))) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await folderBytes(path);
    else bytes += (await nullIfAbsent(lstat(path)))?.size ?? 0;
  }
  return bytes;
}
