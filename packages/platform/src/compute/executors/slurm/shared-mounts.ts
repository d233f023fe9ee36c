/**
 * What jobs see read-only, where the nodes can see it: copied once below the staging folder, under a name made of its
 * content, and used by every job that needs the same.
 */
import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidField, type JobSpec } from '@genesis/contracts';
import { errorCode } from '../../../kernel/index.ts';
import { copyTree } from '../../copy-tree.ts';
import { entriesOf, listingOf } from '../../listing.ts';
import { hashOf } from './stage.ts';

type Mount = JobSpec['mounts'][number];

/** Its name cannot be a job's. */
const folderName = '.mounts';
const unfinished = '.unfinished-';
const keptMs = 30 * 86_400_000;

/** SHA-256 over the content too. */
async function contentOf(root: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const { path, kind, target } of entriesOf(root)) {
    const content = kind === 'file' ? await hashOf(join(root, path)) : target;
    hash.update(`${JSON.stringify([path, kind, content])}\n`);
  }
  return hash.digest('hex');
}

export type SharedMounts = {
  /** The mount with a source that the nodes see, and the listing of that. Throws `invalid-input`, naming the field. */
  share(mount: Mount, field: string): Promise<{ mount: Mount; listing: string }>;
};

/** What a copy was broken off in is removed, as is what no job has used for a month. */
export async function openSharedMounts(stagingRoot: string, now = Date.now()): Promise<SharedMounts> {
  const folder = join(stagingRoot, folderName);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    const { mtimeMs } = await lstat(join(folder, name));
    if (name.includes(unfinished) || mtimeMs < now - keptMs)
      await rm(join(folder, name), { recursive: true, force: true });
  }
  const listings = new Map<string, Promise<string>>();

  const ensure = async (mount: Mount, digest: string): Promise<string> => {
    const place = join(folder, digest);
    const there = await lstat(place).catch(() => null);
    if (there === null) {
      const draft = `${place}${unfinished}${randomUUID()}`;
      try {
        await copyTree(mount.source, draft, { byLinks: mount.digest !== undefined });
        await rename(draft, place);
      } catch (error) {
        await rm(draft, { recursive: true, force: true });
        if (!['EEXIST', 'ENOTEMPTY'].includes(errorCode(error) ?? '')) throw error;
      }
    }
    return await listingOf(place);
  };

  return {
    async share(mount, field) {
      const digest =
        mount.digest ??
        (await contentOf(mount.source).catch((cause: unknown) => {
          throw invalidField(field, 'cannot be read', { cause });
        }));
      const known = listings.get(digest) ?? ensure(mount, digest);
      listings.set(digest, known);
      known.catch(() => listings.delete(digest));
      const listing = await known;
      const source = join(folder, digest);
      // the time of its last use
      const used = new Date();
      await utimes(source, used, used);
      return { mount: { ...mount, source }, listing };
    },
  };
}
