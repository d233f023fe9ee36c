/** What can be done with the files of a project, each as data with the function that does it. */
import { invalidField } from '@genesis/contracts';
import { z } from 'zod';
import {
  type ConfinedRoot,
  changeMode,
  changeOwner,
  checksum,
  compress,
  copy,
  describe,
  download,
  extract,
  fileType,
  head,
  type Listed,
  list,
  makeFolder,
  makeLink,
  move,
  openConfinedRoot,
  remove,
  statOf,
  tail,
  upload,
  view,
} from '../filesystem/index.ts';

/** A path below the root of a project. */
export type InRoot = { root: ConfinedRoot; path: string };
type Result = Record<string, unknown>;

export type FileCommand = {
  /** What the contract calls the body of the call. */
  body: z.ZodType<Record<string, unknown>>;
  writes: boolean;
  /** Whether it can be carried out again after it was cut off, and nobody can tell. */
  repeatable: boolean;
  /** The field that names a second place. */
  second?: 'target_path' | 'link_path';
  /** Whether the second place may be in another project. */
  crosses?: boolean;
  run: (
    first: InRoot,
    args: Record<string, unknown>,
    more: { second: InRoot | undefined; content: Buffer | null },
  ) => Promise<Result>;
};

const viewListed = (one: Listed): Result => ({
  ...{ name: one.name, type: one.type, link_target: one.linkTarget, user: one.user, group: one.group },
  ...{ permissions: one.permissions, last_modified: one.lastModified, size: one.size },
});

const described = async ({ root, path }: InRoot): Promise<Result> => ({
  output: viewListed(await describe(root, path)),
});

/** Text as it is; what is no UTF-8 as base64, and said so. */
function contentOf(bytes: Buffer, unit: 'bytes' | 'lines', start = 0): Result {
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  return {
    output: {
      content: isText ? text : bytes.toString('base64'),
      content_type: unit,
      start_position: start,
      end_position: start + bytes.length,
      ...(isText ? {} : { encoding: 'base64' }),
    },
  };
}

const second = ({ second: place }: { second: InRoot | undefined }): InRoot => {
  if (place === undefined) throw invalidField('target_path', 'expected a path');
  return place;
};

const path = z.string().min(1).max(5000);
const flag = z.boolean().default(false);
/** Where the contract lets a path be left out, it means nothing. An older name of the field is understood. */
const source = {
  path: path.nullish(),
  source_path: path.nullish(),
};
const count = (least: number) => z.int().min(least).max(Number.MAX_SAFE_INTEGER).nullish();
const compression = z
  .string()
  .min(25)
  .max(200)
  .regex(/^urn:doe-iri:compression:./, 'expected a URN of the DOE-IRI registry of compressions')
  .default('urn:doe-iri:compression:gzip');

/** States a command with the types of its arguments. */
const command = <Args extends Record<string, unknown>>(
  body: z.ZodType<Args>,
  what: Omit<FileCommand, 'body' | 'run'>,
  run: (
    first: InRoot,
    args: Args,
    more: { second: InRoot | undefined; content: Buffer | null },
  ) => Promise<Result>,
): FileCommand => ({ body, ...what, run: async (first, args, more) => await run(first, args as Args, more) });

const reads = { writes: false, repeatable: true };
const writesOnce = { writes: true, repeatable: false };
const writesAgain = { writes: true, repeatable: true };

export const fileCommands = {
  chmod: command(
    z.strictObject({ ...source, mode: z.string().max(100) }),
    writesAgain,
    async (at, { mode }) => {
      await changeMode(at.root, at.path, mode);
      return await described(at);
    },
  ),
  chown: command(
    z.strictObject({
      ...source,
      owner: z.string().max(100).default(''),
      group: z.string().max(100).default(''),
    }),
    writesAgain,
    async (at, { owner, group }) => {
      await changeOwner(at.root, at.path, owner, group);
      return await described(at);
    },
  ),
  file: command(z.strictObject({ path }), reads, async (at) => ({
    output: await fileType(at.root, at.path),
  })),
  stat: command(z.strictObject({ path, dereference: flag }), reads, async (at, { dereference }) => ({
    output: await statOf(at.root, at.path, dereference),
  })),
  mkdir: command(z.strictObject({ ...source, parent: flag }), writesOnce, async (at, { parent }) => {
    await makeFolder(at.root, at.path, parent);
    return await described(at);
  }),
  symlink: command(
    z.strictObject({ ...source, link_path: path }),
    { ...writesOnce, second: 'link_path' },
    async (at, _args, more) => {
      await makeLink(at.root, at.path, second(more).path);
      return await described(second(more));
    },
  ),
  ls: command(
    z.strictObject({ path, showHidden: flag, numericUid: flag, recursive: flag, dereference: flag }),
    reads,
    async (at, { showHidden, recursive, dereference }) => ({
      output: (await list(at.root, at.path, { showHidden, recursive, dereference })).map(viewListed),
    }),
  ),
  head: command(
    z.strictObject({ path, bytes: count(0), lines: count(0), skipTrailing: flag }),
    reads,
    async (at, { bytes, lines, skipTrailing }) =>
      contentOf(
        await head(at.root, at.path, { bytes, lines }, skipTrailing),
        bytes == null ? 'lines' : 'bytes',
      ),
  ),
  view: command(
    z.strictObject({
      path,
      /** Bytes; 0 means as many as one operation gives. */
      size: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
      offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
    }),
    reads,
    async (at, { size, offset }) =>
      contentOf(await view(at.root, at.path, size === 0 ? undefined : size, offset), 'bytes', offset),
  ),
  tail: command(
    z.strictObject({ path, bytes: count(1), lines: count(1), skipHeading: flag }),
    reads,
    async (at, { bytes, lines, skipHeading }) =>
      contentOf(
        await tail(at.root, at.path, { bytes, lines }, skipHeading),
        bytes == null ? 'lines' : 'bytes',
      ),
  ),
  checksum: command(z.strictObject({ path }), reads, async (at) => ({
    output: { algorithm: 'SHA-256', checksum: await checksum(at.root, at.path) },
  })),
  rm: command(z.strictObject({ path }), writesOnce, async (at) => {
    await remove(at.root, at.path);
    return { output: null };
  }),
  compress: command(
    z.strictObject({
      ...source,
      target_path: path,
      match_pattern: z.string().max(1000).nullish(),
      dereference: flag,
      compression,
    }),
    { ...writesAgain, second: 'target_path' },
    async (at, args, more) => {
      const target = second(more);
      const { files, skipped } = await compress(at.root, at.path, target.path, {
        ...{ compression: args.compression, dereference: args.dereference, matchPattern: args.match_pattern },
      });
      return { ...(await described(target)), files, skipped };
    },
  ),
  extract: command(
    z.strictObject({ ...source, target_path: path, compression }),
    { ...writesOnce, second: 'target_path' },
    async (at, args, more) => {
      const target = second(more);
      const { files } = await extract(at.root, at.path, target.path, args.compression);
      return { ...(await described(target)), files };
    },
  ),
  mv: command(
    z.strictObject({ ...source, target_path: path }),
    { ...writesOnce, second: 'target_path' },
    async (at, _args, more) => {
      await move(at.root, at.path, second(more).path);
      return await described(second(more));
    },
  ),
  cp: command(
    z.strictObject({ ...source, target_path: path, dereference: flag }),
    { ...writesOnce, second: 'target_path', crosses: true },
    async (at, { dereference }, more) => {
      const target = second(more);
      const { files, skipped } = await copy(at.root, at.path, target.root, target.path, dereference);
      return { ...(await described(target)), files, skipped };
    },
  ),
  download: command(z.strictObject({ path }), reads, async (at) => ({
    output: (await download(at.root, at.path)).toString('base64'),
    encoding: 'base64',
  })),
  upload: command(z.strictObject({ path }), writesAgain, async (at, _args, { content }) => {
    if (content === null) throw invalidField('file', 'its content is gone: upload it again');
    await upload(at.root, at.path, content);
    return await described(at);
  }),
} as const satisfies Record<string, FileCommand>;

export type CommandName = keyof typeof fileCommands;
export const commandNames = Object.keys(fileCommands) as CommandName[];

/** Opens the folders of one or two projects for the time of `use`; the same one is opened once. */
export async function withRoots<T>(
  folders: readonly [string, string | undefined],
  use: (first: ConfinedRoot, second: ConfinedRoot) => Promise<T>,
): Promise<T> {
  const first = await openConfinedRoot(folders[0]);
  try {
    if (folders[1] === undefined || folders[1] === folders[0]) return await use(first, first);
    const other = await openConfinedRoot(folders[1]);
    try {
      return await use(first, other);
    } finally {
      await other.close();
    }
  } finally {
    await first.close();
  }
}
