import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { invalidField, type JobSpec } from '@genesis/contracts';
import type { Staging } from '../local/staging.ts';
import { files, type Launch } from './launch-file.ts';
import { makeRelayFolders } from './relay.ts';
import type { SharedMounts } from './shared-mounts.ts';

/** SHA-256 of a plain file. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function copyInput(source: string, target: string, field: string): Promise<string> {
  const hash = createHash('sha256');
  const from = await open(source, 'r').catch((cause: unknown) => {
    throw invalidField(field, 'cannot be opened', { cause });
  });
  try {
    if (!(await from.stat()).isFile()) throw invalidField(field, 'expected a plain file');
    const to = await open(target, 'wx', 0o400);
    try {
      for await (const part of from.createReadStream({ autoClose: false })) {
        hash.update(part as Buffer);
        await to.writeFile(part as Buffer);
      }
      await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  return hash.digest('hex');
}

/** Copies the inputs into the folder of the job, has mounts and sockets where the nodes see them, and writes what the node has to run. Throws `invalid-input`. */
export async function stageJob(
  spec: JobSpec,
  staging: Staging,
  how: Pick<Launch, 'claim' | 'allowUnsandboxed' | 'graceSeconds'>,
  shared: SharedMounts,
): Promise<Launch> {
  const folder = join(staging.folder, files.inputs);
  await mkdir(folder, { mode: 0o700 });
  const inputs: JobSpec['inputs'] = [];
  const inputHashes: string[] = [];
  for (const [index, { path, source }] of spec.inputs.entries()) {
    const copy = join(folder, String(index));
    inputHashes.push(await copyInput(source, copy, `inputs.${index}.source`));
    inputs.push({ path, source: copy });
  }
  const mounts: JobSpec['mounts'] = [];
  const mountListings: string[] = [];
  for (const [index, mount] of spec.mounts.entries()) {
    const found = await shared.share(mount, `mounts.${index}.source`);
    mounts.push(found.mount);
    mountListings.push(found.listing);
  }
  await makeRelayFolders(staging.folder, spec.sockets);
  const launch: Launch = { ...how, spec: { ...spec, inputs, mounts }, inputHashes, mountListings };
  await writeFile(join(staging.folder, files.launch), JSON.stringify(launch), { flag: 'wx', mode: 0o600 });
  return launch;
}

/** Whether the job was given up before it began, so that it never will. */
export async function isFenced(staging: Staging): Promise<boolean> {
  const there = await access(join(staging.folder, 'claim.json')).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  return there && (await staging.readClaim()) === null;
}
