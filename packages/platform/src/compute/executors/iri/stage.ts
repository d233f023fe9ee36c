/** Bringing a job to its facility: the script with its inputs behind it, in one upload where they fit into one. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { GenesisError, invalidField, type JobSpec } from '@genesis/contracts';
import { tarEnd, tarHeader, tarPadding } from '../../../kernel/index.ts';
import type { FacilityClient } from './facility-client.ts';
import type { JobFolder, Launch } from './job-folder.ts';
import { jobScript, remoteFiles, type ScriptInputs } from './job-script.ts';

type Packed = { file: FileHandle; bytes: number; sha256: string };

/** A tar of all inputs, named by their numbers, so that no path is too long for it. */
async function packInputs(spec: JobSpec, file: FileHandle): Promise<Packed> {
  const hash = createHash('sha256');
  let bytes = 0;
  const add = async (part: Uint8Array): Promise<void> => {
    hash.update(part);
    bytes += part.length;
    await file.writeFile(part);
  };
  for (const [index, { source }] of spec.inputs.entries()) {
    const field = `inputs.${index}.source`;
    const input = await open(source, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
      throw invalidField(field, 'cannot be opened', { cause });
    });
    try {
      const status = await input.stat();
      if (!status.isFile()) throw invalidField(field, 'expected a plain file');
      await add(tarHeader(String(index), status.size));
      let copied = 0;
      if (status.size > 0)
        for await (const part of input.createReadStream({ autoClose: false, end: status.size - 1 })) {
          copied += (part as Buffer).length;
          await add(part as Buffer);
        }
      if (copied !== status.size) throw invalidField(field, 'changed while it was read');
      await add(tarPadding(status.size));
    } finally {
      await input.close();
    }
  }
  await add(tarEnd());
  return { file, bytes, sha256: hash.digest('hex') };
}

async function readPiece(
  { file, bytes }: Packed,
  offset: number,
  most: number,
): Promise<Buffer<ArrayBuffer>> {
  const piece = Buffer.alloc(Math.min(most, bytes - offset));
  const { bytesRead } = await file.read(piece, 0, piece.length, offset);
  if (bytesRead !== piece.length) throw new Error('a file of the platform itself became shorter');
  return piece;
}

/** Nothing of the job can start before this has returned and the job is submitted. Throws `invalid-input`. */
export async function stageJob(
  client: FacilityClient,
  folder: JobFolder,
  { spec, remote, claim }: Launch,
  graceSeconds: number,
): Promise<void> {
  const { pieceBytes } = client.dialect;
  const limits = { graceSeconds, pieceBytes };
  const upload = (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> =>
    client.upload(`${remote}/${name}`, bytes);
  const script = (inputs: ScriptInputs | null): Buffer<ArrayBuffer> => {
    const text = Buffer.from(jobScript(spec, remote, claim, inputs, limits));
    if (text.length <= pieceBytes) return text;
    const message = `The command and its environment are larger than ${pieceBytes} bytes, the most that ${client.name} takes.`;
    throw new GenesisError({ code: 'unsupported', message });
  };
  if (spec.inputs.length === 0) {
    const alone = script(null);
    await client.makeFolder(remote);
    return await upload(remoteFiles.script, alone);
  }
  const file = await open(join(folder.path, 'inputs.tar'), 'wx+', 0o600);
  try {
    const packed = await packInputs(spec, file);
    const inputs = { sha256: packed.sha256, paths: spec.inputs.map(({ path }) => path) };
    const together = script({ ...inputs, attached: true });
    await client.makeFolder(remote);
    if (together.length + packed.bytes <= pieceBytes)
      return await upload(
        remoteFiles.script,
        Buffer.concat([together, await readPiece(packed, 0, packed.bytes)]),
      );
    for (let offset = 0, piece = 0; offset < packed.bytes; offset += pieceBytes, piece += 1)
      await upload(remoteFiles.inputs(piece), await readPiece(packed, offset, pieceBytes));
    await upload(remoteFiles.script, script({ ...inputs, attached: false }));
  } finally {
    await file.close();
  }
}
