/* A second Genesis, in a process of its own in front of a real Slurm, is a facility like any other. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { conformancePrograms, executorConformance } from '../../src/compute/conformance.ts';
import { createIriExecutor } from '../../src/compute/executors/iri/iri-executor.ts';
import { ServerUnderTest } from '../crash/server-under-test.ts';
import { developmentSlurm } from '../development-slurm.ts';
import { placeCredentials } from '../iri-facility.ts';
import { sandboxMissing } from '../runs-platform.ts';
import { startWorld, type World, worldAt } from './world.ts';

const slurm = developmentSlurm();
const missing = slurm.missing ?? (await sandboxMissing());
const base = await mkdtemp(join(tmpdir(), 'genesis-second-'));
await chmod(base, 0o755);
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  slurm.stop();
  await rm(base, { recursive: true, force: true });
});

/** What an operator adds to reach the Slurm from a Genesis. */
const slurmAt = async (folder: string): Promise<object> => {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return {
    name: 'slurm',
    access: { kind: 'slurm', stagingFolder: folder, configuration: slurm.configuration },
  };
};

async function startSecond() {
  const folder = join(base, 'second');
  const server = new ServerUnderTest(folder);
  await server.start();
  closing.push(() => server.stop());
  const world = await worldAt(server.url, folder, async () => {});
  const operator = await world.newPerson('operator', ['operator'], 'platform');
  const description = await slurmAt(join(base, 'second-jobs'));
  const { id: machine } = await world.must(operator, 'PUT', '/v1/compute/resources', description);
  await world.must(operator, 'POST', '/v1/compute/inspect');
  const steward = await world.newPerson('steward', ['steward', 'operator']);
  const member = await world.newPerson('member', ['researcher']);
  const project = await world.newProject(steward, [member]);
  return { world, machine: machine as string, member, project };
}

const second = missing === null ? await startSecond() : null;
const accessOf = ({ world, machine, project }: NonNullable<typeof second>, credentials: string) => ({
  ...{ kind: 'iri' as const, url: world.url, resource: machine, storage: world.store, credentials },
  ...{ folder: `${project.folder}/jobs`, account: project.id },
});

executorConformance(
  'IRI executor, a second Genesis in front of a Slurm',
  {
    open: async (folder) => {
      await placeCredentials(`${folder}/keys`, { token: second!.member.token });
      return await createIriExecutor({
        stagingRoot: `${folder}/jobs`,
        access: { ...accessOf(second!, 'test'), customAttributes: {} },
        keysFolder: `${folder}/keys`,
        graceSeconds: 1,
        tempo: { pollFirstMs: 100, pollMostMs: 500, taskFirstMs: 10 },
      });
    },
    command: (program) => ({ executable: 'sh', arguments: ['-c', conformancePrograms[program]] }),
  },
  missing,
);

const plan = (seed: string, compute: object) => ({
  title: 'The same everywhere',
  source: { kind: 'capability', capability: 'stober-silica' },
  objective: { name: 'diameter', unit: 'nm', goal: { kind: 'target', value: 300 } },
  space: {
    parameters: [
      { kind: 'continuous', name: 'teos', min: 0.1, max: 0.5 },
      { kind: 'continuous', name: 'water', min: 0.5, max: 17 },
      { kind: 'continuous', name: 'ammonia', min: 0.5, max: 3 },
    ],
  },
  ...{ budget: 5, starts: 2, batch: 2, repeats: 1, seed, ...compute },
});

/** Every experiment of a campaign with its outcome, once it is explored. */
async function outcomesOf(first: World, token: string, compute: object): Promise<unknown[]> {
  const who = { token };
  const { id } = await first.must(who, 'POST', '/v1/campaigns', plan('everywhere', compute));
  await expect
    .poll(async () => (await first.must(who, 'GET', `/v1/campaigns/${id}`)).progress.state, {
      ...{ timeout: 90_000, interval: 200 },
    })
    .toBe('explored');
  const { items } = await first.must(who, 'GET', `/v1/campaigns/${id}/experiments`);
  return items
    .map(({ arm, repeat, index, design, outcome }: Record<string, unknown>) => ({
      ...{ arm, repeat, index, design, outcome },
    }))
    .sort((a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe.skipIf(missing !== null)(
  `the same campaign everywhere${missing === null ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('its experiments come out equal to the bit in the platform, on a Slurm, and at another Genesis', async () => {
      const dataFolder = join(base, 'first');
      const first = await startWorld(dataFolder);
      closing.push(() => first.close());
      const operator = await first.newPerson('operator', ['operator'], 'platform');
      await first.must(operator, 'PUT', '/v1/compute/resources', await slurmAt(join(base, 'first-jobs')));
      await placeCredentials(join(dataFolder, 'keys'), { token: second!.member.token });
      await first.must(operator, 'PUT', '/v1/compute/resources', {
        ...{ name: 'facility', access: accessOf(second!, 'test') },
        hardware: { nodes: 1, coresPerNode: 2, memoryPerNode: 4 * 2 ** 30 },
      });
      await first.must(operator, 'POST', '/v1/compute/inspect');
      const { token } = await first.newPerson('researcher', ['researcher']);
      const here = await outcomesOf(first, token, {});
      expect(here).toHaveLength(10);
      const on = (name: string) => outcomesOf(first, token, { compute: { resources: [name] } });
      expect(await on('slurm')).toEqual(here);
      expect(await on('facility')).toEqual(here);
    }, 240_000);
  },
);
