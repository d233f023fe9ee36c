import { execFile } from 'node:child_process';
import { access, constants, lstat, readlink, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isAbsent } from '../../../kernel/index.ts';

const run = promisify(execFile);

export type Bubblewrap = {
  path: string;
  /** `--disable-userns`: no user namespace can be made inside (the seccomp filter denies them as well). */
  disablesUserNamespaces: boolean;
};

const usualPlaces = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'];
const neededOptions = ['--args', '--clearenv', '--json-status-fd', '--perms', '--seccomp', '--size'];

/** Finds bubblewrap and what it can do, or says why it cannot be used. Nothing is run in a sandbox yet. */
export async function findBubblewrap(
  places: string[] = usualPlaces,
): Promise<Bubblewrap | { missing: string }> {
  for (const path of places) {
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!executable) continue;
    const { stdout } = await run(path, ['--help'], { env: {} });
    const has = (option: string): boolean => stdout.includes(`${option} `);
    const lacking = neededOptions.filter((option) => !has(option));
    if (lacking.length > 0) return { missing: `${path} is too old: it lacks ${lacking.join(', ')}` };
    return { path, disablesUserNamespaces: has('--disable-userns') };
  }
  return { missing: `bubblewrap (bwrap) is not installed; looked at ${places.join(', ')}` };
}

/** Where a job finds the Node that Genesis runs on, whatever the machine has besides. */
const nodeInside = '/genesis/bin/node';

/** One part of the host that every sandbox sees, read-only. */
export type RuntimePart =
  | { kind: 'bind'; path: string; at?: string }
  | { kind: 'link'; path: string; target: string };

const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** What the dynamic linker and Debian's alternatives need; neither holds anything about people or services. */
const systemFiles = ['/etc/ld.so.cache', '/etc/alternatives'];

/** What resolving names and checking certificates needs, where a sandbox reaches the network. */
const networkPlaces = [
  ...['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/gai.conf', '/etc/host.conf'],
  ...['/etc/ssl', '/etc/pki', '/etc/ca-certificates'],
];

/** The minimal runtime: programs and libraries, Node, and what an operator has added. Paths that do not exist are left out. */
export async function findRuntime(addedPaths: string[], network = false): Promise<RuntimePart[]> {
  const parts: RuntimePart[] = [];
  for (const path of [...systemFolders, ...systemFiles, ...addedPaths]) {
    const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && !addedPaths.includes(path)) return null;
      throw error;
    });
    if (status === null) continue;
    if (status.isSymbolicLink()) parts.push({ kind: 'link', path, target: await readlink(path) });
    else parts.push({ kind: 'bind', path });
  }
  parts.push({ kind: 'bind', path: process.execPath, at: nodeInside });
  if (network)
    for (const place of networkPlaces) {
      // often links to where nothing of the sandbox leads
      const real = await realpath(place).catch((error: unknown) => {
        if (isAbsent(error)) return null;
        throw error;
      });
      if (real !== null) parts.push({ kind: 'bind', path: real, at: place });
    }
  return parts;
}
