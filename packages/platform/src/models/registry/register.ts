import { GenesisError, invalidField, type RunState } from '@genesis/contracts';
import { canonicalHash, labelHash } from '@genesis/evidence';
import { eq } from 'drizzle-orm';
import type { ReadScope } from '../../door/index.ts';
import { join, joinConditions, type PrincipalFacts, type ResourceFacts } from '../../policy/index.ts';
import {
  findCapability,
  findRun,
  governingFacts,
  inputOf,
  outputsOf,
  type RunRow,
} from '../../runs/index.ts';
import { model, type Origin } from '../tables.ts';
import type { RegistryParts } from './parts.ts';
import { leftModel, readArtifact } from './read-artifact.ts';
import { nextVersion } from './version-number.ts';

const purpose = 'train' as const;
const modelNamePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

export type Registration = {
  run: string;
  /** Versions of one name are counted; without it the name of the capability. */
  name?: string | undefined;
};

/** Only what a run of its own trained, for that purpose, and ended well. */
function assertTraining(row: RunRow): void {
  const conflict = (message: string) => new GenesisError({ code: 'conflict', message });
  if (row.governedBy !== row.id)
    throw conflict(
      'This run belongs to a campaign. A campaign trains its models with: genesis campaign train',
    );
  if (row.purpose !== purpose)
    throw conflict(
      `This run had the purpose ${row.purpose}. Only a run that was submitted with --purpose train makes a model.`,
    );
  if ((row.state as RunState) !== 'succeeded')
    throw conflict(`This run is ${row.state}. Only a run that has succeeded leaves a model.`);
  if (!leftModel(outputsOf(row)))
    throw conflict('This run left no model/model.json, so there is no model to register.');
}

/** The data of a run as it is governed now, with the hashes of what the run read. */
async function dataOf(parts: RegistryParts, principal: PrincipalFacts, row: RunRow) {
  return await Promise.all(
    inputOf(row).datasets.map(async ({ name, version }) => {
      const found = await parts.catalog.showVersion(principal, version, purpose);
      const { dataset, sha256 } = found.version;
      return { facts: found.facts, data: { name, version, dataset, sha256 } };
    }),
  );
}

async function originOf(
  scope: ReadScope,
  row: RunRow,
  data: Origin['data'],
  seeds: readonly string[],
): Promise<Origin> {
  const { row: capability } = await findCapability(scope, row.capability);
  const { id, name, version, digest } = capability;
  const { environmentHash, configHash, seedList = [] } = row.context;
  return {
    capability: { id, name, version, digest },
    ...{ environmentHash, configHash, data },
    seeds: [...new Set([...seedList, ...seeds])],
    ...{ startedAt: row.createdAt, endedAt: row.endedAt },
  };
}

/**
 * Registers the model that a training run left, as the next version of its name. Its label and conditions are the join of the
 * run's and of everything that the run read, as they are now, so data that was closed for training since is refused
 * here too. A run has one model: again, also after a crash, it gives the one that is there.
 *
 * @throws GenesisError `invalid-input` naming the file that is no data, or not what model.json says; `conflict` where
 * the run is none that trains; `denied` as the data decides
 */
export async function registerModel(
  parts: RegistryParts,
  principal: PrincipalFacts,
  wanted: Registration,
): Promise<{ id: string; repeated: boolean }> {
  const { door, blobs, ids, clock, crash } = parts;
  if (wanted.name !== undefined && !modelNamePattern.test(wanted.name))
    throw invalidField('name', 'expected up to 100 lower-case letters, digits, ".", "_" and "-"');
  const scope = door.authorize(principal, purpose);
  const row = await findRun(scope, wanted.run);
  assertTraining(row);
  const { description, files } = await readArtifact(blobs, outputsOf(row));
  const read = await dataOf(parts, principal, row);
  const origin = await originOf(
    scope,
    row,
    read.map(({ data }) => data),
    description.seeds,
  );
  const run = await governingFacts(scope, row);
  const id = ids.next('model');
  const governed: ResourceFacts = {
    ...{ kind: 'model', id, organisation: run.organisation },
    label: read.reduce((all, { facts }) => join(all, facts.label), run.label),
    conditions: read.reduce((all, { facts }) => joinConditions(all, facts.conditions), run.conditions),
  };
  const artifactHash = canonicalHash(files.map(({ path, sha256 }) => ({ path, sha256 })));
  crash.reach('version.checked');
  const registered = await door
    .perform(
      {
        ...{ principal, purpose, action: 'model.create', resource: { create: governed } },
        sources: [row.id, ...read.map(({ facts }) => facts.id)],
      },
      async (tx, facts, entry) => {
        const name = wanted.name ?? origin.capability.name;
        const version = await nextVersion(tx, name, facts);
        const inserted = await tx
          .insert(model)
          .values({
            ...{ id, kind: 'registered', name, version, run: row.id, stage: 'candidate' },
            ...{ description, files, origin, artifactHash, metrics: description.metrics, entry },
            createdAt: clock.now().getTime(),
          })
          .onConflictDoNothing({ target: model.run })
          .returning({ id: model.id });
        if (inserted.length === 0) throw new Repeated();
        return {
          result: { id, repeated: false },
          details: {
            ...{ kind: 'model', modelId: id, artifactHash, labelHash: labelHash(facts.label) },
            ...{ name, version, environmentHash: origin.environmentHash, code: origin.capability.digest },
            data: origin.data.map(({ version: of, sha256 }) => ({ version: of, sha256 })),
            seeds: origin.seeds,
          },
          edges: [{ subject: id, relation: 'wasGeneratedBy', object: row.id }],
        };
      },
    )
    .then(({ result }) => result)
    .catch(async (error: unknown) => {
      if (!(error instanceof Repeated)) throw error;
      return { id: await modelOfRun(scope, row.id), repeated: true };
    });
  crash.reach('version.registered');
  return registered;
}

/** Leaves the transaction without a trace: the model of the run is there. */
class Repeated extends Error {}

async function modelOfRun(scope: ReadScope, run: string): Promise<string> {
  const [found] = await scope.orm.select({ id: model.id }).from(model).where(eq(model.run, run));
  if (found === undefined) throw new GenesisError({ code: 'not-found', message: 'The run has no model.' });
  return found.id;
}
