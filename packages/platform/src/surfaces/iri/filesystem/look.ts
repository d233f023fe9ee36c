import type { Stats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { invalidField } from '@genesis/contracts';
import { type ConfinedRoot, openPlain, present } from './confined-root.ts';
import { createBudget } from './limits.ts';
import { type Kind, type Pinned, stepTo } from './pinned.ts';
import { walkTree } from './tree.ts';

const secondsOf = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** Times are seconds since 1970, sizes bytes, as `stat` has them. */
export async function statOf(root: ConfinedRoot, path: string, dereference: boolean) {
  return await root.at(path, dereference ? 'follow' : 'keep-last', async (place) => {
    const { mode, ino, dev, nlink, uid, gid, size, atimeMs, ctimeMs, mtimeMs } = present(place).stats;
    const times = { atime: secondsOf(atimeMs), ctime: secondsOf(ctimeMs), mtime: secondsOf(mtimeMs) };
    return { mode, ino, dev, nlink, uid, gid, size, ...times };
  });
}

const letters: Readonly<Record<Kind, string>> = { file: '-', folder: 'd', link: 'l', special: '?' };

/** Permissions as `ls` writes them, without the letter of the kind. */
const permissionsOf = (mode: number): string =>
  [6, 3, 0]
    .map((shift) => (mode >> shift) & 7)
    .map((bits) => `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`)
    .join('');

export type Listed = {
  /** Relative to the folder that was listed. */
  name: string;
  type: string;
  linkTarget: string | null;
  user: string;
  group: string;
  permissions: string;
  lastModified: string;
  size: string;
};

const entryOf = (name: string, { stats, kind }: Pinned, linkTarget: string | null): Listed => ({
  name,
  type: letters[kind],
  linkTarget,
  user: String(stats.uid),
  group: String(stats.gid),
  permissions: permissionsOf(stats.mode),
  lastModified: isoOf(stats),
  size: String(stats.size),
});

const isoOf = (stats: Stats): string => stats.mtime.toISOString();

/** What is in a folder, or the one file that the path names. Users and groups are numbers: names may not exist here. */
export async function list(
  root: ConfinedRoot,
  path: string,
  { showHidden = false, recursive = false, dereference = false } = {},
): Promise<Listed[]> {
  const listed: Listed[] = [];
  let isFolder = false;
  await walkTree(root, path, {
    budget: createBudget(),
    dereference,
    enter: ({ path: at }) => at === '' || (recursive && (showHidden || !isHidden(at))),
    dead: (at) => listed.push(deadLink(at)),
    visit: async ({ path: at, pinned }) => {
      if (at === '') isFolder = pinned.kind === 'folder';
      if (at === '' && isFolder) return;
      const name = at === '' ? (path.split('/').at(-1) ?? path) : at;
      listed.push(entryOf(name, pinned, pinned.kind === 'link' ? await targetOf(root, path, at) : null));
    },
  });
  return listed.filter(({ name }) => showHidden || !isFolder || !isHidden(name));
}

const isHidden = (path: string): boolean => path.split('/').some((step) => step.startsWith('.'));

const deadLink = (name: string): Listed => ({
  name,
  type: letters.link,
  linkTarget: null,
  user: '',
  group: '',
  permissions: '',
  lastModified: new Date(0).toISOString(),
  size: '0',
});

/** What lies at a path, links not followed; by its own name. */
export const describe = (root: ConfinedRoot, path: string): Promise<Listed> =>
  root.at(path, 'keep-last', async (place) =>
    entryOf(path.split('/').at(-1) ?? path, present(place), await targetOf(root, path, '')),
  );

/** What a link says; where that is a path outside of the project, it stays unsaid. */
const targetOf = (root: ConfinedRoot, base: string, at: string): Promise<string | null> =>
  root.at(
    [base, at].filter((part) => part !== '').join('/'),
    'keep-last',
    async ({ folder, name, found }) => {
      if (found?.kind !== 'link') return null;
      const target = await readlink(stepTo(folder, name));
      return target.startsWith('/') ? null : target;
    },
  );

const magic: readonly (readonly [string, number, string])[] = [
  ['1f8b', 0, 'gzip compressed data'],
  ['504b0304', 0, 'Zip archive data'],
  ['7f454c46', 0, 'ELF'],
  ['89504e47', 0, 'PNG image data'],
  ['50415231', 0, 'Apache Parquet'],
  ['7573746172', 257, 'POSIX tar archive'],
];

/** What kind of thing lies at a path, by its first bytes; links are not followed. */
export async function fileType(root: ConfinedRoot, path: string): Promise<string> {
  return await root.at(path, 'keep-last', async (place) => {
    const found = present(place);
    if (found.kind === 'folder') return 'directory';
    if (found.kind === 'link') return 'symbolic link';
    if (found.kind === 'special') return 'special file';
    const file = await openPlain(found, path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
      return typeOf(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  });
}

function typeOf(bytes: Buffer): string {
  if (bytes.length === 0) return 'empty';
  const known = magic.find(([hex, at]) =>
    bytes.subarray(at, at + hex.length / 2).equals(Buffer.from(hex, 'hex')),
  );
  if (known !== undefined) return known[2];
  if (bytes.includes(0)) return 'data';
  if (bytes.every((byte) => byte < 128)) return 'ASCII text';
  // The last character may be cut off by the end of what was read.
  const text = bytes.toString('utf8');
  return text.slice(0, -1).includes('\ufffd') ? 'data' : 'UTF-8 Unicode text';
}

/** A mode in octal, such as 0644. @throws GenesisError `invalid-input`; set-id and sticky bits are refused */
export function modeOf(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text))
    throw invalidField(
      'mode',
      'expected three octal digits such as 640; set-id and sticky bits are not set here',
    );
  return Number.parseInt(text, 8);
}
