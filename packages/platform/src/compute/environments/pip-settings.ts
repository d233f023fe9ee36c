/** Where pip looks for packages inside of a sandbox: as its user has set it, and nothing else of the settings. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GenesisError, type JobSpec } from '@genesis/contracts';
import { nullIfAbsent } from '../../kernel/index.ts';

export type PipPlaces = { config: string; mounts: JobSpec['mounts'] };

/** Settings whose values are paths or addresses, of which several may stand in one. */
const places = new Set(['index-url', 'extra-index-url', 'find-links', 'cert', 'client-cert', 'constraint']);

/** The folder or file of the host behind a value; null for what lies elsewhere. */
const localOf = (value: string): string | null => {
  if (value.startsWith('/')) return value;
  try {
    return value.startsWith('file://') ? fileURLToPath(value) : null;
  } catch {
    return null;
  }
};

/**
 * A `pip.conf` in which folders and files of this machine are named by where the sandbox sees them. The links of an
 * index on disk often lead to folders beside it: those are seen too.
 */
export async function pipPlaces(
  settings: Readonly<Record<string, string>>,
  without: readonly string[] = [],
): Promise<PipPlaces> {
  const mounts: JobSpec['mounts'] = [];
  const seen = async (value: string, isIndex: boolean): Promise<string> => {
    const local = localOf(value);
    const found = local === null ? null : await nullIfAbsent(stat(local));
    if (local === null || found === null) return value;
    const path = local.replace(/\/+$/, '');
    const source = isIndex && found.isDirectory() ? dirname(path) : path;
    const known = mounts.find((mount) => mount.source === source);
    const mount = known ?? { path: `/inputs/pip/${mounts.length}`, source };
    if (known === undefined) mounts.push(mount);
    const inside = `${mount.path}${path.slice(source.length)}`;
    return value.startsWith('file://') ? `file://${inside}` : inside;
  };
  const lines: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (without.includes(name)) continue;
    if (!places.has(name)) {
      lines.push(`${name} = ${value.replaceAll(/\s*\n\s*/g, '\n    ')}`);
      continue;
    }
    const isIndex = name.endsWith('index-url');
    const words = value.split(/\s+/).filter((word) => word !== '');
    const rewritten: string[] = [];
    for (const word of words) rewritten.push(await seen(word, isIndex));
    lines.push(`${name} = ${rewritten.join('\n    ')}`);
  }
  return { config: `[global]\n${lines.join('\n')}\n`, mounts };
}

/**
 * Only wheels of one folder; no index and no network.
 *
 * @throws GenesisError `unsupported` where pip could not read it: it runs as another user under a server of root
 */
export async function folderOnly(folder: string): Promise<PipPlaces> {
  const status = await nullIfAbsent(stat(folder));
  const readable = process.getuid?.() !== 0 || ((status?.mode ?? 0) & 0o005) === 0o005;
  if (status?.isDirectory() !== true || !readable) {
    const why =
      status === null ? 'is not there' : readable ? 'is no folder' : 'is not readable by all (chmod o+rx)';
    throw new GenesisError({ code: 'unsupported', message: `The wheel folder ${folder} ${why}.` });
  }
  return {
    config: '[global]\nno-index = true\nfind-links = /inputs/pip/folder\n',
    mounts: [{ path: '/inputs/pip/folder', source: folder }],
  };
}
