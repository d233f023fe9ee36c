import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Resolves when the file system of a folder has everything on disk: thousands of files at the cost of one call. */
export async function syncFolder(folder: string): Promise<void> {
  await promisify(execFile)('/usr/bin/sync', ['--file-system', folder]);
}
