import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CapabilityManifest, GenesisError } from '@genesis/contracts';
import type { BuiltinFunctions } from './builtin.ts';

/** The file of a function in the job's inputs. */
const place = 'function.mjs';

/** Where a sandbox of Genesis has the Node that the platform runs on; elsewhere it is found through `PATH`. */
const sandboxNodeFolder = '/genesis/bin';

export interface PortableFunctions {
  /** One file that holds a function with all it needs; made once, kept under its hash. Returns its path. */
  fileOf(module: URL, name: string): Promise<string>;
}

/**
 * Functions that ship with Genesis, made ready to travel: elsewhere there is no checkout of Genesis, only Node. The
 * same sources give the same file, and it computes what the worker thread here computes, to the bit.
 */
export function createPortableFunctions(folder: string): PortableFunctions {
  const made = new Map<string, Promise<string>>();
  return {
    fileOf(module, name) {
      const key = `${module.href}#${name}`;
      const known = made.get(key) ?? bundle(folder, module, name);
      made.set(key, known);
      known.catch(() => made.delete(key));
      return known;
    },
  };
}

async function bundle(folder: string, module: URL, name: string): Promise<string> {
  const source = fileURLToPath(module);
  const entry = [
    `import { ${name} as call } from ${JSON.stringify(source)};`,
    "import { readFileSync, writeFileSync } from 'node:fs';",
    "const input = JSON.parse(readFileSync('inputs/input.json', 'utf8'));",
    "writeFileSync('output.json', JSON.stringify(await call(input)));",
  ].join('\n');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${randomUUID()}.ts`);
  await writeFile(draft, entry, { mode: 0o600 });
  try {
    // only who sends functions away pays for the bundler
    const { rolldown } = await import('rolldown');
    const made = await rolldown({ input: draft, platform: 'node', treeshake: { moduleSideEffects: false } });
    const { output } = await made.generate({ format: 'esm', codeSplitting: false });
    await made.close();
    const { code } = output[0];
    const path = join(folder, `${createHash('sha256').update(code).digest('hex')}.mjs`);
    await writeFile(`${path}.new`, code, { mode: 0o600 });
    await rename(`${path}.new`, path);
    return path;
  } finally {
    await rm(draft, { force: true });
  }
}

type Parts = { builtin: BuiltinFunctions; portable: PortableFunctions };

/** A function that ships with this version. */
export function builtinOf({ builtin }: Pick<Parts, 'builtin'>, name: string): { module: URL; name: string } {
  const known = builtin[name];
  if (known !== undefined) return known;
  throw new GenesisError({ code: 'unsupported', message: `No function "${name}" ships with this version.` });
}

/** What an executor runs for a capability: its command, or one that calls its function, with the files it needs. */
export async function commandOf(
  parts: Parts,
  manifest: CapabilityManifest,
): Promise<{ manifest: CapabilityManifest; files: { path: string; source: string }[] }> {
  const { implementation } = manifest;
  if (implementation.kind === 'command') return { manifest, files: [] };
  if (implementation.kind !== 'function')
    throw new GenesisError({ code: 'unsupported', message: `${manifest.name} is run by itself only.` });
  const { module, name } = builtinOf(parts, implementation.function);
  const source = await parts.portable.fileOf(module, name);
  const script = `PATH=${sandboxNodeFolder}:$PATH exec node inputs/${place}`;
  return {
    manifest: {
      ...manifest,
      implementation: { kind: 'command', executable: 'sh', arguments: ['-c', script], environment: {} },
    },
    files: [{ path: place, source }],
  };
}
