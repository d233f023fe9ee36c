import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfinedRoot, openConfinedRoot } from './index.ts';

export const secret = 'what nobody may read';

/** A project, and beside it a folder with a secret that no operation may read, change or remove. */
export async function createProject(): Promise<{
  root: ConfinedRoot;
  /** Host folder of the project. */
  folder: string;
  /** Host folder beside it. */
  outside: string;
  remove(): Promise<void>;
}> {
  const base = await mkdtemp(join(tmpdir(), 'genesis-project-'));
  const [folder, outside] = [join(base, 'project'), join(base, 'outside')];
  await mkdir(folder);
  await mkdir(outside);
  await writeFile(join(outside, 'secret.txt'), secret);
  const root = await openConfinedRoot(folder);
  return {
    root,
    folder,
    outside,
    async remove() {
      await root.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}
