import { createHash } from 'node:crypto';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** First of a million user ids that the folders of projects get; the ids below it are those of single jobs. */
const firstProjectUser = 1_900_065_536;
const projectUsers = 2 ** 20;

/** Where the files of a project lie. */
export const rootOf = (projectsFolder: string, project: string): string => join(projectsFolder, project);

/**
 * Makes the folder of a project, for nobody else (mode 0700). A server that runs as root gives it to a user of its own,
 * as whom the jobs of the project run: nothing of root's is in their reach, and other projects are not either.
 */
export async function makeProjectFolder(projectsFolder: string, project: string): Promise<void> {
  const root = rootOf(projectsFolder, project);
  await mkdir(projectsFolder, { recursive: true, mode: 0o700 });
  await mkdir(root, { mode: 0o700 });
  if (process.getuid?.() !== 0) return;
  const drawn = createHash('sha256').update(project).digest().readUInt32BE(0) % projectUsers;
  await chown(root, firstProjectUser + drawn, firstProjectUser + drawn);
}
