/** A folder of the host that a job works in, instead of an empty one of its own. */
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidField, type JobSpec } from '@genesis/contracts';

type Workspace = NonNullable<JobSpec['workspace']>;

/** Where the job begins. */
export const beginsIn = ({ root, directory }: Workspace): string => join(root, directory);

/**
 * The folder where the job begins must be below the root by its own name: a link on the way may lead anywhere by the
 * time that the job starts. In a sandbox nothing but the root is there to lead to; without one, this is all there is.
 *
 * @throws GenesisError `invalid-input`
 */
export async function checkWorkspace(workspace: Workspace): Promise<void> {
  const { root, directory } = workspace;
  const missing = (field: string) => (cause: unknown) => {
    throw invalidField(field, 'there is no such folder', { cause });
  };
  const realRoot = await realpath(root).catch(missing('workspace.root'));
  const wanted = join(realRoot, directory);
  const real = await realpath(wanted).catch(missing('workspace.directory'));
  if (real !== wanted)
    throw invalidField('workspace.directory', 'it leads through a link: name the folder itself');
  if (!(await stat(real)).isDirectory()) throw invalidField('workspace.directory', 'expected a folder');
}

/**
 * The user who owns a workspace: under a server that runs as root, the job runs as that user, so that it can use what is
 * there and nothing of root's. Null where there is no workspace.
 *
 * @throws GenesisError `invalid-input` for a workspace of root
 */
export async function ownerOf(workspace: Workspace | undefined): Promise<number | null> {
  if (workspace === undefined) return null;
  const { uid } = await stat(workspace.root).catch((cause: unknown) => {
    throw invalidField('workspace.root', 'there is no such folder', { cause });
  });
  if (uid === 0)
    throw invalidField(
      'workspace.root',
      'it belongs to the user root, as whom no job runs: give it to another',
    );
  return uid;
}
