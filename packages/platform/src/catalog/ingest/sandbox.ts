import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { IngestLimits } from './model.ts';

/**
 * What confines the child. `bubblewrap`: namespaces without network, and no file but the program, the system's libraries
 * (read-only) and the staging folder. `permissions`: Node's permission model and DuckDB's own limits only, which
 * stop mistakes and SQL, and would not stop machine code that an exploited parser runs.
 */
export type Confinement = 'bubblewrap' | 'permissions';

const childFile = fileURLToPath(new URL('./ingest-child.ts', import.meta.url));
/** The folder of the workspace: `packages/platform/src/catalog/ingest` lies five levels below it. */
const workspace = realpathSync(join(dirname(childFile), '../../../../..'));
const programFolders = [join(workspace, 'packages'), join(workspace, 'node_modules')];

const systemFolders = ['/usr', '/lib', '/lib64', '/bin', '/etc/ld.so.cache', '/nix/store'];

const wrap = (stagingFolder: string, readOnly: boolean): string[] => [
  ...['bwrap', '--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL'],
  ...systemFolders.flatMap((folder) => ['--ro-bind-try', folder, folder]),
  // No /proc: a child of a root server could write the kernel's settings there.
  ...['--dev', '/dev', '--tmpfs', '/tmp'],
  ...programFolders.flatMap((folder) => ['--ro-bind', folder, folder]),
  ...['--ro-bind', process.execPath, process.execPath],
  ...[readOnly ? '--ro-bind' : '--bind', stagingFolder, stagingFolder, '--chdir', stagingFolder],
];

const run = promisify(execFile);
let probed: Promise<Confinement> | null = null;

const probe = async (): Promise<Confinement> => {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/bwrap')) return 'permissions';
  const program = wrap(dirname(childFile), true).slice(1);
  return run('/usr/bin/bwrap', [...program, '/bin/true'], { env: {}, timeout: 10_000 }).then(
    () => 'bubblewrap' as const,
    () => 'permissions' as const,
  );
};

/** The strongest confinement that works here; found out once. */
export const confinement = (): Promise<Confinement> => {
  probed ??= probe();
  return probed;
};

/** The command line that runs the child over one staging folder (a real path), with rlimits on files, cores and CPU time. */
export const childCommand = (
  stagingFolder: string,
  limits: IngestLimits,
  confined: Confinement,
  readOnly = false,
): string[] => {
  const rlimits = [
    'ulimit -c 0',
    'ulimit -n 512',
    `ulimit -t ${limits.timeoutSeconds * (limits.threads + 1)}`,
    `ulimit -f ${Math.ceil(limits.maxFileBytes / 512)}`,
  ].join(' && ');
  return [
    ...(confined === 'bubblewrap' ? wrap(stagingFolder, readOnly) : []),
    ...['/bin/sh', '-c', `${rlimits} && exec "$@"`, 'sh'],
    ...[process.execPath, '--permission', '--allow-addons', '--no-warnings', '--max-old-space-size=512'],
    ...programFolders.map((folder) => `--allow-fs-read=${folder}`),
    `--allow-fs-read=${stagingFolder}`,
    ...(readOnly ? [] : [`--allow-fs-write=${stagingFolder}`]),
    childFile,
  ];
};
