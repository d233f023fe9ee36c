/** A platform, and a Slurm where one is wanted, made once and used for many trials. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { copyTree } from '../../src/compute/copy-tree.ts';
import { ServerUnderTest } from '../crash/server-under-test.ts';
import { type Ask, makePerson } from '../crash-compute/people.ts';
import { SlurmUnderTest } from '../crash-compute/slurm-under-test.ts';
import { differences, type Left, leftOf } from './checks.ts';
import type { Training } from './training.ts';

export type Place = {
  folder: string;
  data: string;
  server: ServerUnderTest;
  slurm: SlurmUnderTest | null;
  /** Folder of the platform's jobs on the Slurm. */
  staging: string;
  training: Training;
  token: string;
  ask: Ask;
  /** As an operator, who looks after resources. */
  operate: Ask;
  /** What a training left that nobody disturbed, and how long it took. */
  undisturbed: { left: Left; ms: number; processorSeconds: number };
  close(options: { keep: boolean }): Promise<void>;
};

const importMs = 120_000;

/** Imports a table and says its version. */
async function importTable(server: ServerUnderTest, token: string, ask: Ask, name: string, rows: string) {
  const { id } = await ask<{ id: string }>('POST', '/v1/imports', { name });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
  const path = `${server.url}/v1/imports/${id}/content`;
  const sent = await fetch(path, { method: 'PUT', headers, body: rows });
  if (sent.status !== 202) throw new Error(`the table cannot be sent: ${sent.status} ${await sent.text()}`);
  for (const begun = Date.now(); Date.now() - begun < importMs; await pause(100)) {
    type Import = { state: string; version: string };
    const { state, version } = await ask<Import>('GET', `/v1/imports/${id}`);
    if (state === 'done') return version;
    if (state === 'failed') throw new Error('the table cannot be imported');
  }
  throw new Error('the table is not imported in time');
}

/** `environments`: a folder of Python environments, which are taken along; `python`: the Python that they are of. */
export async function openPlace(
  training: Training,
  withSlurm: boolean,
  { environments, python }: { environments?: string | undefined; python?: string | undefined } = {},
): Promise<Place | { missing: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'genesis-crash-training-'));
  chmodSync(folder, 0o711);
  const slurm = withSlurm ? new SlurmUnderTest([]) : null;
  if (slurm !== null && slurm.missing !== null) {
    slurm.end({ keep: false });
    rmSync(folder, { recursive: true, force: true });
    return { missing: slurm.missing };
  }
  const data = join(folder, 'data');
  const staging = join(folder, 'jobs');
  mkdirSync(staging, { mode: 0o700 });
  const named = python === undefined ? [] : ['--python', python];
  const server = new ServerUnderTest(data, {
    log: join(folder, 'server.log'),
    flags: ['--reserve-bytes', '0', ...named],
  });
  const close = async ({ keep }: { keep: boolean }): Promise<void> => {
    await server.stop();
    slurm?.end({ keep });
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  try {
    if (environments !== undefined) {
      mkdirSync(data, { mode: 0o700 });
      await copyTree(environments, join(data, 'environments'), { byLinks: true });
    }
    await server.start();
    const admin = readFileSync(join(data, 'admin.token'), 'utf8').trim();
    const { ask, token } = await makePerson(server, admin, 'researcher');
    const operator = await makePerson(server, admin, 'operator');
    const resource = { name: 'slurm', access: { kind: 'slurm', stagingFolder: staging } };
    if (slurm !== null) {
      const access = { ...resource.access, configuration: slurm.configuration };
      await operator.ask('PUT', '/v1/compute/resources', { ...resource, access });
      await operator.ask('POST', '/v1/compute/inspect');
    }
    await training.prepare(ask, (name, rows) => importTable(server, token, ask, name, rows));
    const undisturbed = { left: { files: {}, metrics: {} }, ms: 0, processorSeconds: 0 };
    const place: Place = {
      ...{ folder, data, server, slurm, staging, training, token, ask, undisturbed, close },
      operate: operator.ask,
    };
    // twice: the first one makes ready what the second finds, and both have to leave the same
    for (const name of ['first', 'second']) {
      const begun = Date.now();
      const id = await training.submit(ask, name, 'local');
      const { left, seen, broken } = await leftOf(place, id, { isTracked: true });
      if (name === 'second') broken.push(...differences(left, place.undisturbed.left, true));
      if (broken.length > 0) throw new Error(`the ${name} undisturbed training: ${broken.join('; ')}`);
      place.undisturbed = { left, ms: Date.now() - begun, processorSeconds: seen.processorSeconds };
    }
    return place;
  } catch (error) {
    await close({ keep: true });
    throw error;
  }
}
