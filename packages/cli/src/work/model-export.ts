import { existsSync } from 'node:fs';
import { mkdir, opendir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { MalformedError, type ModelReport, readZip, verifyModelExport } from '@genesis/evidence';
import { UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { readKey } from './verify-file.ts';

const mostFiles = 2000;
const mostBytes = 500_000_000;

/** Writes an exported model: the archive itself, or its files into a folder that is not there yet; all of them or none. */
export async function writeExport(archive: Uint8Array, path: string): Promise<void> {
  const temporary = `${path}.part`;
  try {
    if (path.endsWith('.zip')) await writeFile(temporary, archive, { flush: true });
    else {
      if (existsSync(path))
        throw new UsageError(
          `${path} is there already: name a folder that is not, or a file that ends in .zip.`,
        );
      for (const { name, content } of readZip(archive)) {
        await mkdir(dirname(join(temporary, name)), { recursive: true });
        await writeFile(join(temporary, name), content, { flush: true });
      }
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function filesBelow(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) throw new UsageError(`${path} is neither a file nor a folder.`);
    bytes += (await stat(path)).size;
    if (files.size >= mostFiles || bytes > mostBytes)
      throw new UsageError(
        `${folder} is larger than any exported model: ${mostFiles} files, ${mostBytes} bytes.`,
      );
    files.set(relative(folder, path).split(sep).join('/'), await readFile(path));
  }
  return files;
}

/** Checks an exported model, a folder or a zip file, without any network. */
export async function verifyExport(path: string, keyFile: string | undefined): Promise<ModelReport> {
  const key = keyFile === undefined ? undefined : await readKey(keyFile);
  const what = await stat(path).catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read.`, { cause });
  });
  if (what.isDirectory()) return verifyModelExport(await filesBelow(path), key);
  try {
    const entries = readZip(await readFile(path));
    return verifyModelExport(new Map(entries.map(({ name, content }) => [name, content])), key);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const findings = [{ place: path, check: 'zip', ok: false, message: error.message }];
    return { ok: false, status: 'unreadable', model: null, signedBy: null, findings, exitCode: 2 };
  }
}

const headings: Readonly<Record<ModelReport['status'], string>> = {
  verified: 'Verified: every file is the one that was signed for, and the given key signed it',
  'consistent-origin-unproven':
    'Consistent, origin unproven: give the provenance key of the platform with --key',
  failed: 'FAILED: this is not what was exported',
  unreadable: 'Not an exported model',
};

/** The report for people: failures first. */
export function describeModelReport({ status, findings }: ModelReport): string {
  const line = ({ ok, place, check, message }: (typeof findings)[number]): string =>
    ok ? `  ✓ ${plain(place)}  ${plain(message)}` : `  ✗ ${plain(place)} [${check}] ${plain(message)}`;
  const sorted = [...findings.filter(({ ok }) => !ok), ...findings.filter(({ ok }) => ok)];
  return [`${headings[status]}.`, ...sorted.map(line)].join('\n');
}
