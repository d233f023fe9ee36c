/** A platform and its Slurm, made once and used for many trials. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call } from '../crash/client.ts';
import { ServerUnderTest } from '../crash/server-under-test.ts';
import { type Read, readerOf } from './database.ts';
import { SlurmUnderTest } from './slurm-under-test.ts';
import { openWitness, userCode, type Witness, witnessMissing } from './witness.ts';

export type Ask = <T>(method: string, path: string, body?: unknown, key?: string) => Promise<T>;

export type Place = {
  folder: string;
  server: ServerUnderTest;
  slurm: SlurmUnderTest;
  witness: Witness;
  /** Folder of the platform's jobs on the Slurm. */
  staging: string;
  read: Read;
  /** Who submits runs. */
  researcher: Ask;
  /** Who looks after resources. */
  operator: Ask;
  /** The token of somebody who reads the ledger. */
  auditor: string;
  /** Ends everything; the folders stay where something is to be looked at. */
  close(options: { keep: boolean }): Promise<void>;
};

const resource = 'slurm';
const label = { level: 'public', categories: [] };

/** What submits the run of an identity. */
export const runOf = (identity: number) => ({
  capability: 'witness',
  input: { identity },
  compute: { resources: [resource] },
});

/** Why there can be no such place here, or null; a Slurm may be missing besides. */
export const placeMissing = witnessMissing;

export async function openPlace(): Promise<Place | { missing: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'genesis-crash-compute-'));
  // each job has a user of its own, who has to reach the witness
  chmodSync(folder, 0o711);
  const witness = openWitness(folder);
  const slurm = new SlurmUnderTest(witness.under);
  if (slurm.missing !== null) {
    slurm.end({ keep: false });
    rmSync(folder, { recursive: true, force: true });
    return { missing: slurm.missing };
  }
  const staging = join(folder, 'jobs');
  mkdirSync(staging, { mode: 0o700 });
  const dataFolder = join(folder, 'lab');
  const server = new ServerUnderTest(dataFolder, join(folder, 'server.log'));
  const close = async ({ keep }: { keep: boolean }): Promise<void> => {
    await server.stop();
    slurm.end({ keep });
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
    const admin = readFileSync(join(dataFolder, 'admin.token'), 'utf8').trim();
    const by =
      (token: string): Ask =>
      (method, path, body, key) =>
        call(server.url, token, method, path, body, key);
    const people = await makePeople(by(admin));
    const [researcher, operator] = [by(people.researcher), by(people.operator)];
    await operator('PUT', '/v1/compute/resources', {
      ...{ name: resource, authority: label },
      access: { kind: 'slurm', stagingFolder: staging, configuration: slurm.configuration },
    });
    await operator('POST', '/v1/compute/inspect');
    await researcher('POST', '/v1/capabilities', capability);
    const read = readerOf(dataFolder);
    const auditor = people.researcher;
    return { folder, server, slurm, witness, staging, read, researcher, operator, auditor, close };
  } catch (error) {
    await close({ keep: true });
    throw error;
  }
}

const object = { type: 'object' };
const capability = {
  ...{ name: 'witness', version: '1.0.0', summary: 'Tells that it was started.', profile: 'analysis' },
  implementation: { kind: 'command', executable: 'sh', arguments: ['-c', userCode] },
  ...{ input: object, output: object },
  resources: { memoryBytes: 2 ** 26, outputBytes: 2 ** 20, durationSeconds: 60 },
};

/** A researcher, and an operator of the platform; their tokens. */
async function makePeople(admin: Ask): Promise<{ researcher: string; operator: string }> {
  const { organisation } = await admin<{ organisation: string }>('GET', '/v1/me');
  const make = async (name: string, role: { organisation: string; role: string }): Promise<string> => {
    const { id } = await admin<{ id: string }>('POST', '/v1/principals', {
      ...{ kind: 'person', name, organisation },
    });
    await admin('POST', `/v1/principals/${id}/roles`, role);
    const token = { name: 'crash test', scopes: ['*'] };
    return (await admin<{ secret: string }>('POST', `/v1/principals/${id}/tokens`, token)).secret;
  };
  return {
    researcher: await make('researcher', { organisation, role: 'researcher' }),
    operator: await make('operator', { organisation: 'platform', role: 'operator' }),
  };
}
