import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { entriesOf } from './listing.ts';

export type CopyOptions = {
  /** Files may be links to the same bytes, where the disk allows it: only for what nobody changes in place. */
  byLinks?: boolean;
  /** What is left out, with all below it. */
  without?: (path: string) => boolean;
};

/** Copies a folder, or a file. Modes and times stay: compiled Python is good only beside a source of the same time. */
export async function copyTree(
  source: string,
  target: string,
  { byLinks = false, without }: CopyOptions = {},
) {
  for await (const entry of entriesOf(source, '', without)) {
    const [from, to] = [join(source, entry.path), join(target, entry.path)];
    if (entry.kind === 'folder') await mkdir(to, { mode: 0o755 });
    else if (entry.kind === 'link') await symlink(entry.target, to);
    else {
      const linked =
        byLinks &&
        (await link(from, to).then(
          () => true,
          () => false,
        ));
      if (linked) continue;
      await copyFile(from, to, constants.COPYFILE_FICLONE);
      const { atime, mtime } = await lstat(from);
      await utimes(to, atime, mtime);
    }
  }
}
