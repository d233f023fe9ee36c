/** A platform and its Slurm, made once and used for many trials. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerUnderTest } from '../crash/server-under-test.ts';
import { type Read, readerOf } from './database.ts';
import { type Facility, openFacility } from './facility.ts';
import { makePerson, type Person } from './people.ts';
import { SlurmUnderTest } from './slurm-under-test.ts';
import { openWitness, userCode, type Witness, witnessMissing } from './witness.ts';

export type Place = {
  folder: string;
  server: ServerUnderTest;
  slurm: SlurmUnderTest;
  witness: Witness;
  /** Folder of the platform's jobs on the Slurm. */
  staging: string;
  /** A second Genesis before the same Slurm, where there are trials of one. */
  facility: Facility | null;
  read: Read;
  /** Who submits runs. */
  researcher: Person;
  /** Who looks after resources. */
  operator: Person;
  /** Ends everything; the folders stay where something is to be looked at. */
  close(options: { keep: boolean }): Promise<void>;
};

/** What submits the run of an identity. */
export const runOf = (identity: number, resource: 'slurm' | 'facility') => ({
  capability: 'witness',
  input: { identity },
  compute: { resources: [resource] },
});

/** Why there can be no such place here, or null; a Slurm may be missing besides. */
export const placeMissing = witnessMissing;

/** `withFacility`: there is a second Genesis before the same Slurm. */
export async function openPlace(withFacility: boolean): Promise<Place | { missing: string }> {
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
  const server = new ServerUnderTest(dataFolder, { log: join(folder, 'server.log') });
  let facility: Facility | null = null;
  const close = async ({ keep }: { keep: boolean }): Promise<void> => {
    await server.stop();
    await facility?.server.stop();
    slurm.end({ keep });
    witness.endHalfMade();
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
    const admin = readFileSync(join(dataFolder, 'admin.token'), 'utf8').trim();
    const researcher = await makePerson(server, admin, 'researcher');
    const operator = await makePerson(server, admin, 'operator');
    const { configuration } = slurm;
    await operator.ask('PUT', '/v1/compute/resources', {
      ...{ name: 'slurm', access: { kind: 'slurm', stagingFolder: staging, configuration } },
    });
    if (withFacility) {
      facility = await openFacility(folder, configuration, join(dataFolder, 'keys', 'facilities'));
      const hardware = { nodes: 1, coresPerNode: 8, memoryPerNode: 8 * 2 ** 30 };
      const body = { name: 'facility', hardware, access: facility.access };
      await operator.ask('PUT', '/v1/compute/resources', body);
    }
    await operator.ask('POST', '/v1/compute/inspect');
    await researcher.ask('POST', '/v1/capabilities', capability);
    const read = readerOf(dataFolder);
    return { folder, server, slurm, witness, staging, facility, read, researcher, operator, close };
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
