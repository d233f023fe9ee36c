/** What lies below a path, in words that do not depend on who looks. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

type Entry = { path: string; kind: 'folder' | 'file' | 'link'; bytes: number; target: string };

/** Everything below a path, in one order; the path itself comes first, as "". */
export async function* entriesOf(
  root: string,
  path = '',
  without?: (path: string) => boolean,
): AsyncGenerator<Entry> {
  if (without?.(path) === true) return;
  const place = join(root, path);
  const status = await lstat(place);
  if (status.isSymbolicLink()) yield { path, kind: 'link', bytes: 0, target: await readlink(place) };
  else if (status.isFile()) yield { path, kind: 'file', bytes: status.size, target: '' };
  else if (status.isDirectory()) {
    yield { path, kind: 'folder', bytes: 0, target: '' };
    for (const name of (await readdir(place)).sort()) yield* entriesOf(root, join(path, name), without);
  } else throw new Error(`${path} is neither a file nor a folder nor a link`);
}

/** Paths of the plain files below a folder. */
export async function filesBelow(root: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path, kind } of entriesOf(root)) if (kind === 'file') paths.push(path);
  return paths;
}

/** SHA-256 over names, kinds, sizes and targets of links: what a node checks, since it takes no time. */
export async function listingOf(root: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const { path, kind, bytes, target } of entriesOf(root))
    hash.update(`${JSON.stringify([path, kind, bytes, target])}\n`);
  return hash.digest('hex');
}
