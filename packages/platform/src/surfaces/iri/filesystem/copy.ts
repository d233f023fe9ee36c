import { readlink, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { invalidField } from '@genesis/contracts';
import { type ConfinedRoot, openPlain } from './confined-root.ts';
import { createBudget } from './limits.ts';
import { assertFitToMake, stepsOf } from './path.ts';
import { stepTo } from './pinned.ts';
import { type Found, walkTree } from './tree.ts';
import { giveToOwner, makeFolder, pour, replaceFile, targetFor } from './write.ts';

/** What was left out, relative to what was copied: special files, and links that lead out of it. */
export type Copied = { files: number; skipped: string[] };

/**
 * Copies a file, or a folder with all that is in it, also to another root. Links stay links where they lead to
 * something that is copied too, and become what they mean with `dereference`.
 */
export async function copy(
  from: ConfinedRoot,
  path: string,
  to: ConfinedRoot,
  target: string,
  dereference = false,
): Promise<Copied> {
  const final = stepsOf(await targetFor(to, path, target), 'target_path').join('/');
  const source = stepsOf(path).join('/');
  if (from === to && (final === source || `${final}/`.startsWith(source === '' ? '' : `${source}/`)))
    throw invalidField('target_path', 'it lies in what is to be copied');
  const copied: Copied = { files: 0, skipped: [] };
  const budget = createBudget();

  const placed = (at: string): string => (at === '' ? final : `${final}/${at}`);
  const copyOne = async ({ path: at, pinned }: Found): Promise<void> => {
    if (pinned.kind === 'folder') return await makeFolder(to, placed(at), true);
    if (pinned.kind === 'link') return await copyLink(at);
    if (pinned.kind === 'special') {
      copied.skipped.push(at);
      return;
    }
    const file = await openPlain(pinned, at === '' ? path : at);
    try {
      await to.at(placed(at), 'refuse', (place) => replaceFile(place, (out) => pour(file, out, budget)));
      copied.files += 1;
    } finally {
      await file.close();
    }
  };
  const copyLink = async (at: string): Promise<void> => {
    const text = await from.at(at === '' ? source : `${source}/${at}`, 'keep-last', async (place) =>
      place.found?.kind === 'link' ? await readlink(stepTo(place.folder, place.name)) : undefined,
    );
    if (text === undefined || !leadsInside(at, text)) {
      copied.skipped.push(at);
      return;
    }
    await to.at(placed(at), 'refuse', async ({ folder, name, owner }) => {
      assertFitToMake(name, 'target_path');
      await symlink(text, stepTo(folder, name));
      await giveToOwner(folder, name, owner);
    });
  };

  await walkTree(from, source, {
    budget,
    dereference,
    enter: () => true,
    dead: (at) => copied.skipped.push(at),
    visit: copyOne,
  });
  return copied;
}

/** Whether a link leads to what is copied too, without a ".." behind a name that may be a link itself. */
function leadsInside(at: string, text: string): boolean {
  const steps = text.split('/').filter((step) => step !== '' && step !== '.');
  const firstName = steps.findIndex((step) => step !== '..');
  const goesBack = firstName >= 0 && steps.slice(firstName).includes('..');
  const inside = !posix.join(posix.dirname(at), text).split('/').includes('..');
  return at !== '' && !text.startsWith('/') && !goesBack && inside;
}
