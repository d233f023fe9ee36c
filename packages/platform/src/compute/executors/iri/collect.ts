/**
 * Fetching what a job left. It comes as one file, cut into pieces: lists of hashes and sizes, the log, then the outputs
 * one behind the other. There is no archive format in it that could be attacked; every name, size and hash is checked.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type JobOutput, type JobSpec, relativePathSchema } from '@genesis/contracts';
import type { FacilityClient } from './facility-client.ts';
import type { JobFolder, Launch } from './job-folder.ts';
import { mostOutputs, remoteFiles } from './job-script.ts';
import type { RemoteOutcome } from './remote-outcome.ts';

/** What a facility sent does not fit together. */
export class Mismatch extends Error {}

type Downloads = Pick<FacilityClient, 'download' | 'dialect'>;
export type Collected = { outputs: JobOutput[]; refused: { path: string; reason: string }[] };

const mostListBytes = mostOutputs * 1_200;
const mostRefused = 100;
const copyBytes = 2 ** 20;

async function fetchPackage(
  client: Downloads,
  remote: string,
  { bytes, sha256, pieces }: RemoteOutcome,
  file: FileHandle,
): Promise<void> {
  const { pieceBytes } = client.dialect;
  if (pieces !== Math.ceil(bytes / pieceBytes)) throw new Mismatch('its pieces do not make up its size');
  const hash = createHash('sha256');
  for (let index = 0; index < pieces; index += 1) {
    const piece = await client.download(`${remote}/${remoteFiles.piece(index)}`);
    const expected = Math.min(pieceBytes, bytes - index * pieceBytes);
    if (piece.length !== expected) throw new Mismatch(`piece ${index + 1} has another size than told`);
    hash.update(piece);
    await file.writeFile(piece);
  }
  if (hash.digest('hex') !== sha256) throw new Mismatch('its SHA-256 is another one than told');
}

async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  if (bytesRead !== bytes) throw new Mismatch('it is shorter than told');
  return buffer;
}

async function copyPart(from: FileHandle, offset: number, bytes: number, target: string): Promise<string> {
  const hash = createHash('sha256');
  const to = await open(target, 'wx', 0o600);
  try {
    for (let done = 0; done < bytes; ) {
      const part = await readAt(from, offset + done, Math.min(copyBytes, bytes - done));
      hash.update(part);
      await to.writeFile(part);
      done += part.length;
    }
    await to.sync();
  } finally {
    await to.close();
  }
  return hash.digest('hex');
}

const linesOf = (list: Buffer): string[] => list.toString('latin1').split('\n').slice(0, -1);

type Listed = { name: string; bytes: number; sha256: string };

/** `HASH  ./NAME` and `SIZE ./NAME`, in the same order; names byte for byte as the file system had them. */
function readLists(hashes: Buffer, sizes: Buffer): Listed[] {
  const sized = linesOf(sizes).flatMap((line) => {
    const match = /^ *(\d{1,15}) (\.\/.+)$/.exec(line);
    return match === null ? [] : [{ bytes: Number(match[1]), name: match[2] ?? '' }];
  });
  const hashed = linesOf(hashes).map((line) => /^([0-9a-f]{64}) [ *](\.\/.+)$/.exec(line));
  if (hashed.length !== sized.length || hashed.length > mostOutputs)
    throw new Mismatch('its lists do not fit together');
  return sized.map(({ bytes, name }, index) => {
    const match = hashed[index];
    if (match?.[2] !== name) throw new Mismatch('its lists do not fit together');
    return { bytes, name: name.slice(2), sha256: match[1] ?? '' };
  });
}

/** Why a name is no output; null: it is one. */
function refusal(raw: string, path: string): string | null {
  if (!Buffer.from(path, 'utf8').equals(Buffer.from(raw, 'latin1'))) return 'the name is not UTF-8';
  return relativePathSchema.safeParse(path).success ? null : 'the name is not allowed';
}

/** Brings outputs and log of an ended job into its local folder. Throws Mismatch when they are not what was told. */
export async function collect(
  client: Downloads,
  folder: Pick<JobFolder, 'path' | 'outputs'>,
  { remote, spec }: Pick<Launch, 'remote' | 'spec'>,
  outcome: RemoteOutcome,
): Promise<Collected> {
  const [hashBytes, sizeBytes, refusedBytes, outBytes, errorBytes] = outcome.parts;
  checkSizes(spec, outcome);
  const packed = join(folder.path, 'package');
  // an earlier attempt may have been cut off anywhere
  for (const old of [packed, folder.outputs, join(folder.path, 'stdout'), join(folder.path, 'stderr')])
    await rm(old, { recursive: true, force: true });
  await mkdir(folder.outputs, { mode: 0o700 });
  const file = await open(packed, 'wx+', 0o600);
  try {
    await fetchPackage(client, remote, outcome, file);
    let offset = 0;
    const next = (bytes: number): number => {
      offset += bytes;
      return offset - bytes;
    };
    const hashes = await readAt(file, next(hashBytes), hashBytes);
    const sizes = await readAt(file, next(sizeBytes), sizeBytes);
    const refusedNames = await readAt(file, next(refusedBytes), refusedBytes);
    await copyPart(file, next(outBytes), outBytes, join(folder.path, 'stdout'));
    await copyPart(file, next(errorBytes), errorBytes, join(folder.path, 'stderr'));
    const refused = linesOf(refusedNames).map((line) => ({
      path: line.replace(/^\.\//, ''),
      reason: 'a link, a special file, or a name that is not allowed',
    }));
    const listed = readLists(hashes, sizes);
    if (listed.reduce((sum, { bytes }) => sum + bytes, offset) !== outcome.bytes)
      throw new Mismatch('its parts do not make up its size');
    const outputs: JobOutput[] = [];
    for (const { name, bytes, sha256 } of listed) {
      const start = next(bytes);
      const path = Buffer.from(name, 'latin1').toString('utf8');
      const reason = refusal(name, path);
      if (reason !== null) {
        refused.push({ path: JSON.stringify(path).slice(0, 1_000), reason });
        continue;
      }
      const target = join(folder.outputs, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      if ((await copyPart(file, start, bytes, target)) !== sha256)
        throw new Mismatch(`the output ${path} has another SHA-256 than told`);
      outputs.push({ path, bytes, sha256 });
    }
    outputs.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { outputs, refused: refused.slice(0, mostRefused) };
  } catch (error) {
    // two names that cannot both be: a file that is also a folder, or the same file twice
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'].includes(code))
      throw new Mismatch('its names do not fit into one folder', { cause: error });
    throw error;
  } finally {
    await file.close();
    await rm(packed, { force: true });
  }
}

/** Refuses what is larger than the job was allowed to leave, before a byte of it is fetched. */
function checkSizes({ resources }: JobSpec, { parts, bytes }: RemoteOutcome): void {
  const [hashes, sizes, refused, out, error] = parts;
  const lists = hashes + sizes + refused;
  const most = lists + resources.logBytes + resources.outputBytes;
  if (
    lists > mostListBytes ||
    out + error > resources.logBytes ||
    bytes > most ||
    bytes < lists + out + error
  )
    throw new Mismatch('it is larger than the job was allowed to leave');
}
