import type { Label } from '@genesis/contracts';
import type { PretendedProgram } from '../src/compute/executors/memory/memory-executor.ts';
import { createMemoryExecutor } from '../src/compute/executors/memory/memory-executor.ts';
import { type CrashPoints, noCrashPoints, systemClock } from '../src/kernel/index.ts';
import {
  createModels,
  findModelForRun,
  type Materials,
  noMaterials,
  openProvenanceSigner,
  type RegistryParts,
  registerModel,
} from '../src/models/index.ts';
import type { PrincipalFacts } from '../src/policy/index.ts';
import { unrestricted } from '../src/policy/index.ts';
import { runQueues } from '../src/runs/index.ts';
import { catalogPlatform } from './catalog-platform.ts';
import { commandManifest, startRuns } from './runs-platform.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const open: Label = { level: 'public', categories: [] };
export const internal: Label = { level: 'internal', categories: [] };
export const cui: Label = { level: 'controlled', categories: ['cui'] };
export const both: Label = { level: 'controlled', categories: ['cui', 'pii'] };

/** A catalog, runs over pretended programs, and the registry, over one database. */
export async function modelsWorld(
  programs: Record<string, PretendedProgram>,
  options: { crash?: CrashPoints; materials?: Materials; automatic?: boolean } = {},
) {
  const platform = await catalogPlatform({ queues: runQueues as never });
  const { door, database, blobs, ids, catalog, dataFolder, keyring, people, queue } = platform;
  const crash = options.crash ?? noCrashPoints;
  const registry: RegistryParts = {
    ...{ door, blobs, ids, catalog, crash, clock: systemClock },
    materials: options.materials ?? noMaterials,
    signer: await openProvenanceSigner(keyring, 'test.example/log'),
  };
  const models = createModels({ door, blobs, clock: systemClock });
  const runs = await startRuns({
    ...{ database, dataFolder, people, catalog, crash, queue },
    executor: createMemoryExecutor({ folder: await temporaryFolder(), programs }),
    findModel: (principal, id, purpose) => findModelForRun({ door, models }, principal, id, purpose),
    ...(options.automatic === false
      ? {}
      : { registerModel: (principal, wanted) => registerModel(registry, principal, wanted) }),
  });
  await runs.runs.start();

  /** Imports a table of six rows under a label; gives its version. */
  async function table(by: PrincipalFacts, name: string, label: Label, conditions = {}): Promise<string> {
    const text = `carbon,temperature,strength\n${[1, 2, 3, 4, 5, 6].map((n) => `0.${n},0.${n},${n}${name.length}`).join('\n')}\n`;
    const request = {
      ...{ name, description: 'A table of a test.', source: 'made up' },
      ...{ label, conditions: { ...unrestricted, ...conditions } },
    };
    const job = await platform.importText(by, request as never, text);
    if (job.state !== 'done') throw new Error(`the import failed: ${JSON.stringify(job.failure)}`);
    return job.version as string;
  }

  /** Trains by a program on versions of data and waits for the end; gives the run. */
  async function train(
    by: PrincipalFacts,
    program: string,
    versions: readonly string[],
    purpose: 'train' | 'explore' = 'train',
  ) {
    const datasets = versions.map((version, at) => ({ name: `table-${at}.parquet`, version }));
    const { id } = await runs.runs.submit(by, { capability: program, input: {}, datasets, purpose });
    const end = Date.now() + 60_000;
    for (;;) {
      const { rows } = await database.pool.query<{ state: string }>('select state from run where id = $1', [
        id,
      ]);
      if (['succeeded', 'failed', 'cancelled'].includes(rows[0]?.state ?? '')) return id;
      if (Date.now() > end) throw new Error(`run ${id} is ${rows[0]?.state} after a minute`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** The model of a run, as somebody sees it now. */
  async function seen(by: PrincipalFacts, run: string) {
    const all = await models.list(door.authorize(by, 'infer'), 200);
    return all.find(({ row }) => row.run === run);
  }

  /** The same once it is there: it is registered shortly after the run has ended. */
  async function modelOf(by: PrincipalFacts, run: string) {
    for (const end = Date.now() + 30_000; ; ) {
      const found = await seen(by, run);
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`run ${run} has no model`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  return {
    ...platform,
    ...{ registry, models, runs, table, train, seen, modelOf, manifest: commandManifest },
  };
}
export type ModelsWorld = Awaited<ReturnType<typeof modelsWorld>>;
