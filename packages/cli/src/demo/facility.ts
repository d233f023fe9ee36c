import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, dataOf } from '@genesis/client';
import type { ResourceDescriptionInput } from '@genesis/contracts';
import type { Call } from '../command.ts';
import { startServer } from '../server/server-process.ts';
import { makeOperator, makePeople } from './people.ts';
import { addResource, slurmResource } from './slurm-resource.ts';

export type DemoFacility = { resource: ResourceDescriptionInput; stop(): Promise<void> };

type Setting = { call: Call; folder: string; dataFolder: string; configuration: string | undefined };

/** A second Genesis in front of a Slurm, and how the first reaches it: as a facility like any other. */
export async function startFacility(setting: Setting): Promise<DemoFacility> {
  const { call, folder } = setting;
  const home = join(folder, 'facility');
  await mkdir(home, { recursive: true });
  const log = await open(join(folder, 'facility.log'), 'a', 0o600);
  const server = await startServer({
    flags: ['--data-folder', home, '--port', '0', '--host', '127.0.0.1', '--log-level', 'warn'],
    ...{ env: call.env, log: log.fd, signal: call.signal },
  });
  try {
    await log.close();
    const adminToken = (await readFile(server.tokenFile, 'utf8')).trim();
    const resource = await makeReady(setting, server.url, adminToken);
    return { resource, stop: async () => void (await server.stop()) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A resource, a project with a folder, and somebody whose token the first Genesis gets. */
async function makeReady(
  { call: { signal }, folder, dataFolder, configuration }: Setting,
  url: string,
  adminToken: string,
): Promise<ResourceDescriptionInput> {
  const operator = await makeOperator(url, adminToken, signal);
  const slurm = await addResource(
    operator,
    await slurmResource(join(folder, 'slurm-jobs'), configuration),
    signal,
  );
  const { steward, researcher, token } = await makePeople(url, adminToken, 'public', signal);
  const { id: member } = dataOf(await researcher.api.GET('/v1/me', { signal }));
  const body = { name: 'demonstration' };
  const { id } = dataOf(await steward.api.POST('/v1/projects', { body: body as never, signal }));
  const place = { params: { path: { id, principal: member } }, signal };
  await steward.api.PUT('/v1/projects/{id}/members/{principal}', place);
  const project = dataOf(await steward.api.GET('/v1/projects/{id}', { params: { path: { id } }, signal }));
  const { resource: store } = dataOf(
    await createClient({ url, token }).api.GET('/v1/compute/resources/{name}', {
      ...{ params: { path: { name: 'projects' } }, signal },
    }),
  );
  const keys = join(dataFolder, 'keys', 'facilities');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await writeFile(join(keys, 'facility.json'), `${JSON.stringify({ token })}\n`, { mode: 0o600 });
  return {
    ...{ name: 'facility', description: 'Another Genesis, by its IRI Facility API.' },
    hardware: { nodes: 1, coresPerNode: 2, memoryPerNode: 4 * 2 ** 30 },
    access: {
      ...{ kind: 'iri', url, resource: slurm, storage: store.id, folder: `${project.folder}/genesis` },
      ...{ account: id, credentials: 'facility' },
    },
  };
}
