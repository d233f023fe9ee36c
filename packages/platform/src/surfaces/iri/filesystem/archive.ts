import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runInNewContext } from 'node:vm';
import { createGunzip, createGzip } from 'node:zlib';
import { GenesisError, invalidField } from '@genesis/contracts';
import { tarEnd, tarHeader, tarPadding } from '../../../kernel/index.ts';
import { type ConfinedRoot, openPlain } from './confined-root.ts';
import { type Budget, createBudget } from './limits.ts';
import { assertFitToMake, stepsOf } from './path.ts';
import { withFile } from './read.ts';
import { walkTree } from './tree.ts';
import { unpack } from './unpack.ts';
import { makeFolder, replaceFile } from './write.ts';

const prefix = 'urn:doe-iri:compression:';
const defaultCompression = `${prefix}gzip`;

function isGzip(compression: string): boolean {
  if (compression === `${prefix}gzip`) return true;
  if (compression === `${prefix}none`) return false;
  const message = `compression: expected ${prefix}gzip or ${prefix}none, got ${JSON.stringify(compression)}`;
  throw new GenesisError({ code: 'unsupported', message });
}

const patternMs = 500;

/** The names that a regular expression finds something in. It may be hostile: it has half a second for all of them. */
function matching(names: readonly string[], pattern: string): Set<string> {
  try {
    const found: unknown = runInNewContext(
      'const expression = new RegExp(pattern, "u"); JSON.stringify(names.filter((name) => expression.test(name)))',
      { names: [...names], pattern },
      { timeout: patternMs },
    );
    return new Set(JSON.parse(String(found)) as string[]);
  } catch (error) {
    throw invalidField('match_pattern', `expected a regular expression that is quick to match`, {
      cause: error,
    });
  }
}

/**
 * Puts a file, or the plain files below a folder, into an archive that `tar` can read. Empty folders, special files and
 * links (without `dereference`) are left out; `matchPattern` is held against the paths below the folder.
 *
 * @returns the number of files and what was left out
 */
export async function compress(
  root: ConfinedRoot,
  path: string,
  target: string,
  options: { compression?: string; dereference?: boolean; matchPattern?: string | null | undefined } = {},
): Promise<{ files: number; skipped: string[] }> {
  const { compression = defaultCompression, dereference = false, matchPattern } = options;
  const gzip = isGzip(compression);
  const source = stepsOf(path).join('/');
  const top = source.split('/').at(-1) ?? '';
  const inside = (at: string): string => [top, at].filter((step) => step !== '').join('/');
  const { files, skipped } = await filesBelow(root, source, dereference);
  const chosen = matchPattern == null ? undefined : matching(files, matchPattern);
  const packed = files.filter((at) => chosen?.has(at) ?? true);
  const budget = createBudget();
  await root.at(target, 'refuse', (place) =>
    replaceFile(place, async (out) => {
      const bytes = Readable.from(packAll(root, source, packed, inside, dereference, budget));
      const write = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
        for await (const piece of pieces) await out.writeFile(piece);
      };
      await (gzip ? pipeline(bytes, createGzip(), write) : pipeline(bytes, write));
    }),
  );
  return { files: packed.length, skipped };
}

async function filesBelow(root: ConfinedRoot, source: string, dereference: boolean) {
  const files: string[] = [];
  const skipped: string[] = [];
  await walkTree(root, source, {
    budget: createBudget(),
    dereference,
    enter: () => true,
    dead: (at) => skipped.push(at),
    visit: async ({ path: at, pinned }) => {
      if (pinned.kind === 'file') files.push(at);
      else if (pinned.kind !== 'folder') skipped.push(at);
    },
  });
  return { files, skipped };
}

async function* packAll(
  root: ConfinedRoot,
  source: string,
  files: readonly string[],
  inside: (at: string) => string,
  dereference: boolean,
  budget: Budget,
): AsyncGenerator<Buffer> {
  for (const at of files) {
    const path = [source, at].filter((step) => step !== '').join('/');
    const held = await hold(root, path, dereference);
    try {
      const { size } = await held.file.stat();
      budget.bytes(size);
      yield headerOf(inside(at), size);
      yield* exactly(held.file, size, path);
      yield tarPadding(size);
    } finally {
      await held.file.close();
    }
  }
  yield tarEnd();
}

const hold = (root: ConfinedRoot, path: string, dereference: boolean): Promise<{ file: FileHandle }> =>
  root.at(path, dereference ? 'follow' : 'keep-last', async ({ found }) => {
    if (found === undefined) throw invalidField('path', `${JSON.stringify(path)} has gone in the meantime`);
    return { file: await openPlain(found, path) };
  });

function headerOf(name: string, size: number): Buffer {
  try {
    return tarHeader(name, size);
  } catch (error) {
    throw invalidField('path', `${JSON.stringify(name)} is too long a name for an archive`, { cause: error });
  }
}

async function* exactly(file: FileHandle, size: number, path: string): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < size; ) {
    const wanted = Math.min(2 ** 18, size - offset);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, offset);
    if (bytesRead === 0) throw invalidField('path', `${JSON.stringify(path)} became shorter in the meantime`);
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let offset = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2 ** 18), 0, 2 ** 18, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The bytes of an archive, unpacked; no more of them than one operation may handle. */
async function* opened(file: FileHandle, gzip: boolean, budget: Budget): AsyncGenerator<Buffer> {
  const raw = Readable.from(piecesOf(file));
  const gunzip = createGunzip();
  raw.on('error', (error) => gunzip.destroy(error));
  const bytes: AsyncIterable<Buffer> = gzip ? raw.pipe(gunzip) : raw;
  try {
    for await (const piece of bytes) {
      budget.bytes(piece.length);
      yield piece;
    }
  } catch (error) {
    if (error instanceof GenesisError) throw error;
    throw invalidField('path', 'this is no whole gzip file', { cause: error });
  } finally {
    gunzip.destroy();
    raw.destroy();
  }
}

/**
 * Unpacks an archive into a folder, which is made. The archive is read through before anything is written, so one with a
 * path that leads outside, a link or a device writes nothing at all. Each file is put in its place through no link.
 */
export async function extract(
  root: ConfinedRoot,
  path: string,
  target: string,
  compression: string = defaultCompression,
): Promise<{ files: number }> {
  const gzip = isGzip(compression);
  const base = stepsOf(target, 'target_path').join('/');
  return await withFile(root, path, async (file) => {
    const look = createBudget();
    for await (const { name } of unpack(opened(file, gzip, look))) {
      look.entry();
      placeOf(base, name);
    }
    if (base !== '') await makeFolder(root, base, true);
    const budget = createBudget();
    let files = 0;
    for await (const entry of unpack(opened(file, gzip, budget))) {
      budget.entry();
      const place = placeOf(base, entry.name);
      if (entry.kind === 'folder') {
        if (place !== '') await makeFolder(root, place, true);
        continue;
      }
      const parent = place.split('/').slice(0, -1).join('/');
      if (parent !== '') await makeFolder(root, parent, true);
      await root.at(place, 'refuse', (at) =>
        replaceFile(at, async (out) => {
          for await (const piece of entry.body) await out.writeFile(piece);
        }),
      );
      files += 1;
    }
    return { files };
  });
}

/** Where an entry goes. @throws GenesisError `invalid-input` for a name that leads elsewhere */
function placeOf(base: string, name: string): string {
  const steps = stepsOf(name);
  for (const step of steps) assertFitToMake(step, 'path');
  return stepsOf([base, ...steps].join('/').replace(/^\/+/, '')).join('/');
}
