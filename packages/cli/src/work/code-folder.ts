import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mostCodeBytes, mostCodeFiles, relativePathSchema } from '@genesis/contracts';
import { UsageError } from '../failure.ts';

export type CodeFolder = {
  files: { path: string; content: string }[];
  bytes: number;
  /** What is not sent: links, special files, and names that are not allowed. */
  left: string[];
};

/** Folders of tools and of what they make; and everything whose name begins with a dot. */
const passedOver = new Set([
  '__pycache__',
  'node_modules',
  'venv',
  'env',
  'build',
  'dist',
  'inputs',
  'mlruns',
]);
const isPassedOver = (name: string): boolean =>
  name.startsWith('.') || passedOver.has(name) || /\.(pyc|pyo|egg-info)$/.test(name);

/** The files of a folder that a training program is made of, in base64. */
export async function readCodeFolder(folder: string): Promise<CodeFolder> {
  const found: CodeFolder = { files: [], bytes: 0, left: [] };
  const walk = async (path: string): Promise<void> => {
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch((cause: unknown) => {
      throw new UsageError(`${join(folder, path)} is no folder that can be read`, { cause });
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (isPassedOver(entry.name)) continue;
      const at = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) await walk(at);
      else if (entry.isFile() && relativePathSchema.safeParse(at).success) await take(at);
      else found.left.push(at);
    }
  };
  const take = async (path: string): Promise<void> => {
    const { size } = await stat(join(folder, path));
    found.bytes += size;
    if (found.bytes > mostCodeBytes || found.files.length >= mostCodeFiles)
      throw new UsageError(
        `${folder} holds more than ${mostCodeFiles} files or ${mostCodeBytes / 2 ** 20} MiB, at ${path}. Name the folder of the program alone with --code, and give data with --data.`,
      );
    found.files.push({ path, content: (await readFile(join(folder, path))).toString('base64') });
  };
  await walk('');
  return found;
}
