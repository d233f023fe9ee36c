import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  type FileHandle,
  lchown,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import { posix } from 'node:path';
import { invalidField } from '@genesis/contracts';
import { errorCode } from '../../../kernel/index.ts';
import {
  assertOneName,
  type ConfinedRoot,
  changeable,
  type Owner,
  type Place,
  present,
} from './confined-root.ts';
import { conflict } from './failures.ts';
import { type Budget, createBudget, mostFileBytes, tooLarge } from './limits.ts';
import { modeOf } from './look.ts';
import { assertFitToMake, stepsOf } from './path.ts';
import { type Name, pin, reopen, stepTo } from './pinned.ts';

/**
 * Under a server that runs as root, the jobs of a project run as the user who owns its folder: what is made here is given
 * to that user. The name itself is given away, never what a link of that name leads to.
 */
export async function giveToOwner(folder: FileHandle, name: Name, owner: Owner): Promise<void> {
  if (process.getuid!() === 0 && owner.uid !== 0) await lchown(stepTo(folder, name), owner.uid, owner.gid);
}

/** Makes a folder; with `parents` also those above it, and one that is there already, or appears meanwhile, is no error. */
export async function makeFolder(root: ConfinedRoot, path: string, parents = false): Promise<void> {
  const steps = stepsOf(path);
  /** False: somebody else has made something there at the same moment. */
  const make = (at: string): Promise<boolean> =>
    root.at(at, 'refuse', async ({ folder, name, found, owner }) => {
      if (found !== undefined) {
        if (parents && found.kind === 'folder') return true;
        throw conflict(`${JSON.stringify(path)} is there already.`);
      }
      assertFitToMake(name, 'path');
      try {
        await mkdir(stepTo(folder, name), { mode: 0o700 });
      } catch (error) {
        if (parents && errorCode(error) === 'EEXIST') return false;
        throw error;
      }
      await giveToOwner(folder, name, owner);
      return true;
    });
  const first = parents ? 1 : Math.max(1, steps.length);
  for (let count = first; count <= steps.length; count += 1) {
    const at = steps.slice(0, count).join('/');
    if (await make(at)) continue;
    // whether that is a folder is seen by looking once more
    if (!(await make(at))) throw conflict(`${JSON.stringify(path)} comes and goes.`);
  }
}

/** Makes a link at `link` that leads to `path` by a relative way inside the project. Nothing need be there yet. */
export async function makeLink(root: ConfinedRoot, path: string, link: string): Promise<void> {
  const target = stepsOf(path).join('/');
  const from = stepsOf(link, 'link_path');
  await root.at(link, 'refuse', async (place) => {
    const name = changeable(place);
    assertFitToMake(name, 'link_path');
    await symlink(
      posix.relative(`/${from.slice(0, -1).join('/')}`, `/${target}`) || '.',
      stepTo(place.folder, name),
    );
    await giveToOwner(place.folder, name, place.owner);
  });
}

/** Changes the mode of a plain file or a folder. */
export async function changeMode(root: ConfinedRoot, path: string, mode: string): Promise<void> {
  const bits = modeOf(mode);
  await onOpen(root, path, (handle) => handle.chmod(bits));
}

/**
 * Gives a file to a user or a group by number. Only whom the project's folder belongs to, and groups that the server is
 * in, are possible, also when it could do more.
 */
export async function changeOwner(root: ConfinedRoot, path: string, owner = '', group = ''): Promise<void> {
  const pick = (field: string, text: string, allowed: number[]): number | undefined => {
    if (text === '') return undefined;
    if (/^\d{1,10}$/.test(text) && allowed.includes(Number(text))) return Number(text);
    throw invalidField(field, `expected one of these numbers: ${[...new Set(allowed)].join(', ')}`);
  };
  await onOpen(root, path, async (handle, project) => {
    const uid = pick('owner', owner, [project.uid]);
    const gid = pick('group', group, [project.gid, process.getgid!(), ...process.getgroups!()]);
    const { uid: presentUser, gid: presentGroup } = await handle.stat();
    await handle.chown(uid ?? presentUser, gid ?? presentGroup);
  });
}

const onOpen = (
  root: ConfinedRoot,
  path: string,
  act: (handle: FileHandle, owner: Owner) => Promise<void>,
): Promise<void> =>
  root.at(path, 'refuse', async (place) => {
    changeable(place);
    const found = present(place);
    if (found.kind !== 'file' && found.kind !== 'folder')
      throw invalidField('path', `it is a ${found.kind}, expected a plain file or a folder`);
    assertOneName(found, path);
    const handle = await reopen(found, constants.O_RDONLY);
    try {
      await act(handle, place.owner);
    } finally {
      await handle.close();
    }
  });

/** Into a folder when the target is one, as `mv` and `cp` do. */
export async function targetFor(root: ConfinedRoot, source: string, target: string): Promise<string> {
  const name = stepsOf(source).at(-1);
  const isFolder = await root.at(target, 'refuse', async ({ found }) => found?.kind === 'folder');
  return isFolder && name !== undefined ? `${target}/${name}` : target;
}

/** Moves within the project; a file at the target is replaced in one step, a folder is moved into. */
export async function move(root: ConfinedRoot, path: string, target: string): Promise<void> {
  const final = await targetFor(root, path, target);
  await root.at(path, 'refuse', async (source) => {
    present(source);
    const name = changeable(source);
    await root.at(final, 'refuse', async (place) => {
      const newName = changeable(place);
      assertFitToMake(newName, 'target_path');
      await rename(stepTo(source.folder, name), stepTo(place.folder, newName));
    });
  });
}

/** Removes a file or a link, or a folder with all that is in it. Links are removed, never followed. */
export async function remove(root: ConfinedRoot, path: string): Promise<void> {
  await root.at(path, 'refuse', async (place) => {
    present(place);
    await removeTree(place.folder, changeable(place), createBudget(), 0);
  });
}

const deepestRemoval = 200;

async function removeTree(folder: FileHandle, name: Name, budget: Budget, depth: number): Promise<void> {
  budget.entry();
  if (depth > deepestRemoval) throw invalidField('path', `more than ${deepestRemoval} folders in each other`);
  const found = await pin(folder, name);
  if (found === undefined) return;
  try {
    if (found.kind !== 'folder') return await unlink(stepTo(folder, name));
    const names = await readdir(`/proc/self/fd/${found.handle.fd}`, { encoding: 'buffer' });
    for (const one of names) await removeTree(found.handle, one, budget, depth + 1);
    await rmdir(stepTo(folder, name));
  } finally {
    await found.handle.close();
  }
}

/** Stores a file of at most 5 MiB. */
export async function upload(root: ConfinedRoot, path: string, content: Uint8Array): Promise<void> {
  if (content.length > mostFileBytes)
    throw tooLarge(`A file of one upload has at most ${mostFileBytes} bytes.`, mostFileBytes);
  await root.at(path, 'refuse', (place) =>
    replaceFile(place, async (file) => {
      await file.writeFile(content);
    }),
  );
}

/**
 * Writes a file beside its place and puts it there in one step once it is whole and on disk, so that no reader sees a
 * part of it and no link or file with a second name is written through. What a crash leaves is named `.upload-...`.
 */
export async function replaceFile(place: Place, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const name = changeable(place);
  assertFitToMake(name, 'path');
  if (place.found !== undefined && place.found.kind !== 'file' && place.found.kind !== 'link')
    throw conflict(`${JSON.stringify(place.path)} is a ${place.found.kind}, which a file does not replace.`);
  const draft = stepTo(place.folder, `.upload-${randomUUID()}`);
  const { uid, gid } = place.owner;
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    try {
      await write(file);
      if (process.getuid!() === 0 && uid !== 0) await file.chown(uid, gid);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, stepTo(place.folder, name));
  } catch (error) {
    await unlink(draft).catch((failed: unknown) => {
      throw new AggregateError([error, failed], 'A draft could not be removed.');
    });
    throw error;
  }
}

/** Copies what is open to another open file. */
export async function pour(source: FileHandle, target: FileHandle, budget: Budget): Promise<void> {
  const buffer = Buffer.allocUnsafe(2 ** 18);
  for (let offset = 0; ; ) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return;
    budget.bytes(bytesRead);
    await target.writeFile(buffer.subarray(0, bytesRead));
    offset += bytesRead;
  }
}
