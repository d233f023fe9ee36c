import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidField, type JobSpec } from '@genesis/contracts';
import type { SeenPaths } from './plan.ts';
import type { Staging } from './staging.ts';

/** A walkable folder of every Linux system (Filesystem Hierarchy Standard), hidden behind a private mount. */
const meetingPoint = '/mnt';

export type JobInputs = SeenPaths & {
  /** Puts a command in front of bubblewrap's that makes the sources visible and takes on the job's user. */
  wrap: (command: string[]) => string[];
  /** Whether that command needs the server's own rights and then takes on the job's user itself. */
  wrapTakesUser: boolean;
};

/**
 * In a mount namespace of its own, binds the folder of inputs and then each readable input to the meeting point, and
 * becomes the job's user. Every step replaces the one before, so the server stays the parent.
 */
const script = `user=$1; folder=$2; shift 2
mount --bind "$folder" ${meetingPoint} || exit 1
while [ "$1" != -- ]; do mount --bind "$1" "${meetingPoint}/$2" || exit 1; shift 2; done
shift
exec setpriv --reuid="$user" --regid="$user" --clear-groups -- "$@"`;

/** Opens an input to see that it is what it should be; says whether everybody may read it. */
async function inspect(source: string, field: string): Promise<{ readableByAll: boolean }> {
  const handle = await open(source, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw invalidField(field, 'cannot be opened', { cause });
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw invalidField(field, 'expected a plain file');
    return { readableByAll: (status.mode & 0o004) !== 0 };
  } finally {
    await handle.close();
  }
}

/** What a mount shows, or that a socket is one. Throws `invalid-input`. */
async function kindOf(source: string, field: string, socket: boolean): Promise<'folder' | 'file'> {
  const status = await stat(source).catch((cause: unknown) => {
    throw invalidField(field, 'is not there', { cause });
  });
  if (socket ? !status.isSocket() : !status.isDirectory() && !status.isFile())
    throw invalidField(field, socket ? 'expected a Unix socket' : 'expected a folder or a plain file');
  return status.isDirectory() ? 'folder' : 'file';
}

/** Everything of the host that the job sees besides its inputs; each is bound whole, as it is. */
async function bindable({ mounts, sockets, workspace }: JobSpec) {
  const listed = { mounts, sockets };
  const found: { name: string; source: string; kind: 'folder' | 'file' }[] = [];
  for (const what of ['mounts', 'sockets'] as const)
    for (const [index, { source }] of listed[what].entries()) {
      const kind = await kindOf(source, `${what}.${index}.source`, what === 'sockets');
      found.push({ name: `${what}-${index}`, source, kind });
    }
  if (workspace !== undefined) found.push({ name: 'workspace', source: workspace.root, kind: 'folder' });
  return found;
}

/**
 * Makes the inputs of a job ready. A server that is not root hands over paths as they are: the job's user is its own.
 * For root, `user` is another one, who can neither walk the server's private folders nor read its private files: the
 * former is bridged by mounts that only this job sees, the latter by copies (shared ones, where the file system can).
 * Throws `invalid-input`, naming the field.
 */
export async function prepareInputs(
  spec: JobSpec,
  staging: Staging,
  user: number | null,
): Promise<JobInputs> {
  const folder = join(staging.folder, 'inputs');
  const binds: string[] = [];
  const whole = await bindable(spec);
  const needsFolder = spec.inputs.length > 0 || whole.length > 0;
  if (user !== null && needsFolder) await mkdir(folder, { mode: 0o755 });
  for (const [index, { source }] of spec.inputs.entries()) {
    const { readableByAll } = await inspect(source, `inputs.${index}.source`);
    if (user === null) continue;
    const place = join(folder, String(index));
    if (readableByAll) {
      await writeFile(place, '');
      binds.push(source, String(index));
    } else {
      await copyFile(source, place, constants.COPYFILE_FICLONE);
      await chmod(place, 0o444);
    }
  }
  if (user === null || !needsFolder)
    return {
      workspace: spec.workspace?.root ?? null,
      sources: spec.inputs.map(({ source }) => source),
      mounts: spec.mounts.map(({ source }) => source),
      sockets: spec.sockets.map(({ source }) => source),
      wrap: (command) => command,
      wrapTakesUser: false,
    };
  for (const { name, source, kind } of whole) {
    await (kind === 'folder' ? mkdir(join(folder, name)) : writeFile(join(folder, name), ''));
    binds.push(source, name);
  }
  return {
    wrapTakesUser: true,
    workspace: spec.workspace === undefined ? null : `${meetingPoint}/workspace`,
    mounts: spec.mounts.map((_mount, index) => `${meetingPoint}/mounts-${index}`),
    sockets: spec.sockets.map((_socket, index) => `${meetingPoint}/sockets-${index}`),
    sources: spec.inputs.map((_input, index) => `${meetingPoint}/${index}`),
    wrap: (command) => [
      ...['/usr/bin/unshare', '--mount', '--propagation', 'private', '--'],
      ...['/bin/sh', '-c', script, 'sh', String(user), folder, ...binds, '--', ...command],
    ],
  };
}
