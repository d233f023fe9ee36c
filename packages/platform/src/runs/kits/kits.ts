/**
 * Kits that ship with the platform. Their files are kept under their hash for as long as runs may need them, so that a
 * version that was registered runs what it was registered with, whatever the folder of kits holds by then.
 */

import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CapabilityManifest,
  capabilityManifestSchema,
  GenesisError,
  kitManifestSchema,
} from '@genesis/contracts';
import { readLock } from '../../compute/index.ts';
import { type Log, nullIfAbsent } from '../../kernel/index.ts';
import { gpuLock, type Kit, readKit } from './read-kit.ts';

const unfinishedMark = '.unfinished-';

export type Kits = {
  /** Those of the folder, in the order of their names. */
  list(): readonly Kit[];
  /** What each kit that cannot be used lacks, in words. */
  problems(): readonly string[];
  /** Of all kits, the capabilities as the platform registers them. */
  manifests(): CapabilityManifest[];
  /** The files that a capability was registered with. Throws `unsupported` where they are gone. */
  filesOf(sources: string): Promise<KitFiles>;
};

export type KitFiles = {
  /** Where they lie. */
  folder: string;
  environment: KitEnvironment;
  /** That of runs with GPUs; null: the kit computes without. */
  gpuEnvironment: KitEnvironment | null;
};

/** A lock, and the indexes that have what PyPI has not. */
export type KitEnvironment = { lock: string; indexes: string[] };

/** The name of a kit's capability in the registry. */
export const capabilityName = (kit: string, name: string): string => `${kit}-${name}`;

/** Reads every kit of a folder; one that is wrong is told in the log and left out. */
export async function openKits(folder: string, keptIn: string, log: Log): Promise<Kits> {
  const kits: Kit[] = [];
  const problems: string[] = [];
  await mkdir(keptIn, { recursive: true, mode: 0o700 });
  for (const name of await readdir(keptIn))
    if (name.includes(unfinishedMark)) await rm(join(keptIn, name), { recursive: true, force: true });
  const names = await nullIfAbsent(readdir(folder));
  if (names === null) {
    problems.push(`the folder of kits, ${folder}, is not there`);
    log.error({ folder }, 'The folder of kits is not there: there are no kits');
  }
  for (const name of (names ?? []).sort()) {
    const isKit = await stat(join(folder, name, 'kit.json')).then(
      () => true,
      () => false,
    );
    if (!isKit) continue;
    try {
      const kit = await readKit(join(folder, name));
      await keep(kit, keptIn);
      kits.push(kit);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      problems.push(problem);
      log.error({ kit: name, err: error }, 'A kit cannot be used');
    }
  }
  return {
    list: () => kits,
    problems: () => problems,
    manifests: () => kits.flatMap(manifestsOf),
    async filesOf(sources) {
      const kept = join(keptIn, sources);
      const read = (name: string): Promise<string | null> => nullIfAbsent(readFile(join(kept, name), 'utf8'));
      const [lock, manifest, forGpus] = [
        await read('requirements.txt'),
        await read('kit.json'),
        await read(gpuLock),
      ];
      if (lock === null || manifest === null) {
        const message = 'The files of this version of the kit are not here any more: run a newer version.';
        throw new GenesisError({ code: 'unsupported', message });
      }
      const { indexes } = kitManifestSchema.parse(JSON.parse(manifest));
      return {
        folder: kept,
        environment: { lock: readLock(lock, 'requirements').text, indexes },
        gpuEnvironment: forGpus === null ? null : { lock: readLock(forGpus, gpuLock).text, indexes: [] },
      };
    },
  };
}

const manifestsOf = ({ manifest, sources, lock }: Kit): CapabilityManifest[] =>
  manifest.capabilities.map(({ name, summary, profile, module, input, output, resources }) =>
    capabilityManifestSchema.parse({
      ...{ name: capabilityName(manifest.name, name), version: manifest.version, summary, profile },
      implementation: {
        ...{ kind: 'kit', kit: manifest.name, python: manifest.python, module },
        ...{ sources, lock: lock.hash },
      },
      ...{ input, output, resources },
    }),
  );

/** Under its hash, whole or not at all; everybody may read it, since jobs run as other users. */
async function keep({ files, sources }: Kit, keptIn: string): Promise<void> {
  const place = join(keptIn, sources);
  const there = await nullIfAbsent(stat(place));
  if (there !== null) return;
  const draft = `${place}${unfinishedMark}${randomUUID()}`;
  await mkdir(draft, { mode: 0o755 });
  for (const { path, content } of files) {
    await mkdir(dirname(join(draft, path)), { recursive: true, mode: 0o755 });
    await writeFile(join(draft, path), content, { mode: 0o644 });
    await chmod(join(draft, path), 0o644);
  }
  await rename(draft, place);
}
