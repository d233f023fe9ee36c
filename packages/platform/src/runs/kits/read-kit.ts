/** A kit as it lies in a folder: its manifest, its lock, and its files with what they hash to. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { invalidField, type KitManifest, kitManifestSchema } from '@genesis/contracts';
import { readLock } from '../../compute/index.ts';
import { errorCode } from '../../kernel/index.ts';

export type Kit = {
  manifest: KitManifest;
  /** The lock in its normal form. */
  lock: { text: string; hash: string };
  /** SHA-256 over paths and contents. */
  sources: string;
  files: { path: string; content: Buffer }[];
};

/** The lock of runs with GPUs, where a kit has one; it names builds that PyPI has. */
export const gpuLock = 'requirements-gpu.txt';

const mostFiles = 500;
const mostBytes = 64 * 2 ** 20;
/** What a run has no use for. */
const passedOver = new Set(['__pycache__', 'tests', 'node_modules', 'requirements.in']);

async function filesOf(folder: string, field: string): Promise<Kit['files']> {
  const files: Kit['files'] = [];
  let bytes = 0;
  const walk = async (path: string): Promise<void> => {
    const names = (await readdir(join(folder, path))).sort();
    for (const name of names) {
      if (name.startsWith('.') || name.endsWith('.pyc') || name.endsWith('.egg-info') || passedOver.has(name))
        continue;
      const at = join(path, name);
      const status = await lstat(join(folder, at));
      if (status.isDirectory()) await walk(at);
      else if (status.isFile()) {
        bytes += status.size;
        if (files.length >= mostFiles || bytes > mostBytes)
          throw invalidField(field, `more than ${mostFiles} files or ${mostBytes} bytes`);
        files.push({ path: at, content: await readFile(join(folder, at)) });
      } else throw invalidField(field, `${at} is neither a file nor a folder`);
    }
  };
  await walk('');
  return files;
}

/** The packages of other kits that a kit uses, at their own names. */
async function usedBy({ uses }: KitManifest, folder: string, field: string): Promise<Kit['files']> {
  const used: Kit['files'] = [];
  for (const { kit, package: name } of uses) {
    const place = join(dirname(folder), kit, name);
    const found = await filesOf(place, field).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
      throw invalidField(`${field}/kit.json`, `uses: the kit ${kit} has no package ${name}`, {
        cause: error,
      });
    });
    used.push(...found.map(({ path, content }) => ({ path: join(name, path), content })));
  }
  return used;
}

/** @throws GenesisError `invalid-input`, naming the kit and its field */
export async function readKit(folder: string): Promise<Kit> {
  const field = `kits/${basename(folder)}`;
  const own = await filesOf(folder, field);
  const textOf = (path: string): string => {
    const found = own.find((file) => file.path === path);
    if (found === undefined) throw invalidField(field, `${path} is missing`);
    return found.content.toString('utf8');
  };
  const manifest = manifestOf(textOf('kit.json'), field);
  if (manifest.name !== basename(folder))
    throw invalidField(`${field}/kit.json`, 'name: expected that of its folder');
  const lock = readLock(textOf('requirements.txt'), `${field}/requirements.txt`);
  // read here only to be refused here
  if (own.some(({ path }) => path === gpuLock)) readLock(textOf(gpuLock), `${field}/${gpuLock}`);
  const files = [...own, ...(await usedBy(manifest, folder, field))];
  const hash = createHash('sha256');
  for (const { path, content } of files)
    hash.update(`${JSON.stringify([path, createHash('sha256').update(content).digest('hex')])}\n`);
  return { manifest, lock: { text: lock.text, hash: lock.hash }, sources: hash.digest('hex'), files };
}

function manifestOf(text: string, field: string): KitManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidField(`${field}/kit.json`, 'not JSON', { cause });
  }
  const parsed = kitManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidField(`${field}/kit.json`, `${issue?.path.join('.')}: ${issue?.message}`);
}
