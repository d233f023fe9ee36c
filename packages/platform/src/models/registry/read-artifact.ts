import { open } from 'node:fs/promises';
import { invalidField, type ModelDescription, modelDescriptionSchema } from '@genesis/contracts';
import { assertWritable, type BlobStore } from '../../kernel/index.ts';
import type { StoredOutput } from '../../runs/index.ts';
import { checkFile, type Source } from '../formats/check-file.ts';
import type { ArtifactFile } from '../tables.ts';

const folder = 'model/';
const descriptionPath = 'model.json';
const mostDescriptionBytes = 4 * 2 ** 20;
const mostFiles = 200;

/** Whether a run left a model. */
export const leftModel = (outputs: readonly StoredOutput[]): boolean =>
  outputs.some(({ path }) => path === `${folder}${descriptionPath}`);

const refuse = (path: string, reason: string, options?: { cause: unknown }) =>
  invalidField(`outputs.${folder}${path}`, reason, options);

async function readDescription(blobs: BlobStore, output: StoredOutput): Promise<ModelDescription> {
  if (output.bytes > mostDescriptionBytes)
    throw refuse(descriptionPath, `has ${output.bytes} bytes; at most ${mostDescriptionBytes} are read`);
  let given: unknown;
  try {
    given = JSON.parse((await blobs.read(output)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse(descriptionPath, 'is no JSON', { cause: error });
  }
  assertWritable(given, `outputs.${folder}${descriptionPath}`);
  const parsed = modelDescriptionSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw refuse(
    descriptionPath,
    `at ${first?.path.join('.') || 'the top'}: ${first?.message ?? 'does not fit'}`,
  );
}

/** What the files say of each other must hold: no name twice, the served file is one of them, categories where they are needed. */
function assertCoherent({ files, inputs, outputs, serving, task }: ModelDescription): void {
  const say = (reason: string) => refuse(descriptionPath, reason);
  const twice = (names: readonly string[]) => names.find((name, at) => names.indexOf(name) !== at);
  const repeated = twice(files.map(({ path }) => path)) ?? twice(inputs.map(({ name }) => name));
  if (repeated !== undefined) throw say(`names ${JSON.stringify(repeated)} twice`);
  const bare = inputs.find(({ kind, categories }) => kind === 'category' && categories === undefined);
  if (bare !== undefined)
    throw say(`the input ${JSON.stringify(bare.name)} is a category without categories`);
  const turned = inputs.find(
    ({ minimum, maximum }) => minimum !== undefined && maximum !== undefined && minimum > maximum,
  );
  if (turned !== undefined)
    throw say(`the range of the input ${JSON.stringify(turned.name)} ends before it begins`);
  if (task === 'classification' && outputs[0]?.categories === undefined)
    throw say('a classification names the categories of its output');
  if (serving === null) return;
  if (files.find(({ path }) => path === serving.file)?.format !== 'onnx')
    throw say(`serving.file names ${JSON.stringify(serving.file)}, which is none of the ONNX files`);
}

async function withSource<T>(
  blobs: BlobStore,
  output: StoredOutput,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  await using lent = await blobs.lend(output.address);
  const handle = await open(lent.path);
  try {
    return await use({
      bytes: output.bytes,
      async read(offset, length) {
        const bytes = Buffer.alloc(Math.min(length, Math.max(0, output.bytes - offset)));
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
      chunks: () => blobs.open(output),
    });
  } finally {
    await handle.close();
  }
}

/**
 * The description of the model that a run left, and its files: each one that is named is there with the named hash and is by its
 * content what it is said to be, and nothing lies beside them that is not named.
 *
 * @throws GenesisError `invalid-input` naming the file and saying why
 */
export async function readArtifact(
  blobs: BlobStore,
  outputs: readonly StoredOutput[],
): Promise<{ description: ModelDescription; files: ArtifactFile[] }> {
  const inside = outputs
    .filter(({ path }) => path.startsWith(folder))
    .map((output) => ({ ...output, path: output.path.slice(folder.length) }));
  const stated = inside.find(({ path }) => path === descriptionPath);
  if (stated === undefined) throw refuse(descriptionPath, 'the run left no such file, so it left no model');
  const description = await readDescription(blobs, stated);
  assertCoherent(description);
  if (inside.length > mostFiles + 1)
    throw refuse('', `has ${inside.length} files; at most ${mostFiles} are taken`);
  const files: ArtifactFile[] = [{ ...pick(stated), format: 'json' }];
  for (const { path, format, sha256 } of description.files) {
    const output = inside.find((one) => one.path === path);
    if (output === undefined || path === descriptionPath)
      throw refuse(path, 'is named in model.json and was not left by the run');
    if (output.sha256 !== sha256)
      throw refuse(path, `has the SHA-256 ${output.sha256}, and model.json says ${sha256}`);
    const reason = await withSource(blobs, output, (source) => checkFile(format, source));
    if (reason !== undefined) throw refuse(path, `is said to be ${format}, and ${reason}`);
    files.push({ ...pick(output), format });
  }
  const stranger = inside.find(({ path }) => !files.some((file) => file.path === path));
  if (stranger !== undefined)
    throw refuse(
      stranger.path,
      'is not named in model.json: name it with its format and hash, or leave it out of model/',
    );
  return { description, files };
}

const pick = ({ path, bytes, sha256, address }: StoredOutput) => ({ path, bytes, sha256, address });
