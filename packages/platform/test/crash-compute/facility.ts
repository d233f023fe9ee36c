/** A second Genesis in front of the same Slurm, which the first one reaches as it reaches any facility. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ServerUnderTest } from '../crash/server-under-test.ts';
import { type Read, readerOf } from './database.ts';
import { makePerson } from './people.ts';

export type Facility = {
  server: ServerUnderTest;
  /** Folder of its jobs on the Slurm. */
  staging: string;
  /** Folder in which the first Genesis has its files there. */
  files: string;
  read: Read;
  /** How the first Genesis reaches it. */
  access: object;
};

/** It keeps its address when it is started again, as a facility does. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });

/** `keys` is the folder of the first Genesis for credentials of facilities. */
export async function openFacility(folder: string, configuration: string, keys: string): Promise<Facility> {
  const dataFolder = join(folder, 'facility');
  const staging = join(folder, 'facility-jobs');
  mkdirSync(staging, { mode: 0o700 });
  const log = join(folder, 'facility.log');
  const server = new ServerUnderTest(dataFolder, { log, port: await freePort() });
  await server.start();
  const admin = readFileSync(join(dataFolder, 'admin.token'), 'utf8').trim();
  const operator = await makePerson(server, admin, 'operator');
  const { id: machine } = await operator.ask<{ id: string }>('PUT', '/v1/compute/resources', {
    ...{ name: 'slurm', access: { kind: 'slurm', stagingFolder: staging, configuration } },
  });
  await operator.ask('POST', '/v1/compute/inspect');
  const steward = await makePerson(server, admin, 'steward');
  const member = await makePerson(server, admin, 'researcher');
  const { id: project } = await steward.ask<{ id: string }>('POST', '/v1/projects', { name: 'crash' });
  await steward.ask('PUT', `/v1/projects/${project}/members/${member.id}`);
  const { folder: root } = await steward.ask<{ folder: string }>('GET', `/v1/projects/${project}`);
  const { resource: store } = await member.ask<{ resource: { id: string } }>(
    'GET',
    '/v1/compute/resources/projects',
  );
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  writeFileSync(join(keys, 'facility.json'), JSON.stringify({ token: member.token }), { mode: 0o600 });
  const files = `${root}/genesis`;
  return {
    ...{ server, staging, files, read: readerOf(dataFolder) },
    access: {
      ...{ kind: 'iri', url: server.url, resource: machine, storage: store.id, folder: files },
      ...{ account: project, credentials: 'facility' },
    },
  };
}
