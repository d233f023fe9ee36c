import {
  type CapabilityManifest,
  computeChoiceSchema,
  GenesisError,
  invalidField,
  type JobResources,
  jobResourcesSchema,
  type OwnTraining,
  purposeSchema,
  relativePathSchema,
  someResourcesSchema,
} from '@genesis/contracts';
import { canonicalHash, canonicalJson } from '@genesis/evidence';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { assertMember } from '../compute/index.ts';
import { delegate, type WriteTx } from '../door/index.ts';
import type { BlobRef, QueueDefinition } from '../kernel/index.ts';
import {
  join,
  joinConditions,
  ownerOfDerived,
  type PrincipalFacts,
  type ResourceFacts,
} from '../policy/index.ts';
import { checkpointName } from './checkpoints.ts';
import type { CodeArchive } from './code-archive.ts';
import { insertRun } from './lifecycle.ts';
import type { GivenModel, RunParts } from './parts.ts';
import { assertUsesGpus, ownInputs } from './python-run.ts';
import { findCapability } from './registry.ts';
import { assertFits } from './schemas.ts';
import { run } from './tables.ts';

const payload = z.object({ run: z.string(), delegation: z.string() });
export type RunJob = z.infer<typeof payload>;
/** Where the files of a model lie, below the inputs of the run that reads it. */
export const modelInputs = 'model';
export const runQueue: QueueDefinition<RunJob> = { name: 'run.execute', payload, retryLimit: 2 };

export const submitRunSchema = z.strictObject({
  /** `name`, `name@version` or an id. */
  capability: z.string().min(1).max(200),
  input: z.unknown(),
  /**
   * Dataset versions that the run reads: the visible part of each is at `inputs/NAME`, tables as Parquet: with the names
   * of their columns for programs in Python, and with `c0`, `c1`, ... for other commands.
   */
  datasets: z
    .array(z.strictObject({ name: relativePathSchema, version: z.string().max(100) }))
    .max(100)
    .default([]),
  /** A registered model that the run reads: its files are at `inputs/model/`. */
  model: z.string().min(1).max(100).optional(),
  purpose: purposeSchema.default('explore'),
  /** What it may use, where that is to be other than the capability declares. */
  resources: someResourcesSchema.optional(),
  /** Where it may run, and which project pays. */
  compute: computeChoiceSchema.optional(),
});
export type SubmitRun = z.infer<typeof submitRunSchema>;

/** What a run's input holds beside what its capability asked for. */
export type StoredInput = {
  input: unknown;
  datasets: { name: string; version: string }[];
  /** The id of a registered model. */
  model?: string;
  /** What differs from what the capability declares. */
  resources?: Partial<JobResources>;
  /** A program of one's own; its code lies under the label of the run. */
  own?: Omit<OwnTraining, 'code'> & { code: BlobRef | null };
};

/** What a run of a capability may use: what that declares, and what was asked for instead. */
export const resourcesOf = (
  manifest: CapabilityManifest,
  input: Pick<StoredInput, 'resources'>,
): JobResources => jobResourcesSchema.parse({ ...manifest.resources, ...input.resources });

/** The program that a run brings with it. */
export type GivenProgram = { training: OwnTraining; code: CodeArchive | null };

const day = 86_400_000;

/** Without the fields that are there and say nothing. */
export const definedOf = (given: z.output<typeof someResourcesSchema> = {}): Partial<JobResources> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** Every dataset is a file of its own beside the input: none hides another, or lies within one. */
function assertApart(names: readonly string[], { purpose, model }: SubmitRun): void {
  const taken = ['input.json', ownInputs];
  // a training goes on from what lies there
  if (purpose === 'train') taken.push(checkpointName);
  if (model !== undefined) taken.push(modelInputs);
  names.forEach((name, at) => {
    const other = taken.find(
      (one) => one === name || one.startsWith(`${name}/`) || name.startsWith(`${one}/`),
    );
    if (other !== undefined)
      throw invalidField(`datasets.${at}.name`, `"${name}" is taken twice: "${other}" is there already`);
    taken.push(name);
  });
}

/**
 * Submits a run. Its label is the join of the capability's and of everything that it reads, and it belongs to the owner
 * of what is not public among that. With an idempotency key
 * the same request gives the same run and one launch, and another request under that key is refused.
 */
export async function submitRun(
  parts: RunParts,
  principal: PrincipalFacts,
  given: SubmitRun,
  idempotencyKey?: string,
  program?: GivenProgram,
): Promise<{ id: string; repeated: boolean }> {
  const wanted = { ...given, input: given.input ?? null };
  const { door, ids, clock, queue, blobs } = parts;
  const { purpose } = wanted;
  const { row, facts, versions, model, sources } = await sourcesOf(parts, principal, wanted);
  if (row.manifest.implementation.kind === 'own' && program === undefined)
    throw invalidField(
      'capability',
      'a program of your own is sent to /v1/runs/train (genesis train -- COMMAND)',
    );
  await assertUsesGpus(
    parts,
    row.manifest,
    resourcesOf(row.manifest, { resources: definedOf(wanted.resources) }),
  );
  const owner = ownerOfDerived(sources);
  const id = ids.next('run');
  const governed: ResourceFacts = {
    kind: 'run',
    id,
    organisation: owner === undefined ? principal.organisation : owner,
    label: sources.reduce((all, source) => join(all, source.label), row.manifest.labelRule.atLeast),
    conditions: sources.reduce((all, source) => joinConditions(all, source.conditions), facts.conditions),
  };
  const { code: _files, ...about } = program?.training ?? { code: null };
  const requestHash = canonicalHash({
    ...(wanted as object),
    ...(program === undefined ? {} : { own: { ...about, code: program.code?.sha256 ?? null } }),
  } as never);
  const { result } = await door
    .perform(
      {
        principal,
        action: 'run.submit',
        resource: { create: governed },
        purpose,
        sources: sources.map((source) => source.id),
      },
      async (tx) => {
        const earlier = await findByKey(tx, principal, idempotencyKey, requestHash);
        if (earlier !== undefined) throw new Repeated(earlier);
        const stored: StoredInput = {
          ...{ input: wanted.input, datasets: wanted.datasets },
          ...(model === null ? {} : { model: model.facts.id }),
          ...(wanted.resources === undefined ? {} : { resources: definedOf(wanted.resources) }),
        };
        if (program !== undefined) {
          const { code: _content, ...training } = program.training;
          const labelKey = canonicalJson(governed.label);
          const code = program.code === null ? null : await blobs.put(program.code.bytes, { labelKey });
          stored.own = { ...training, code };
        }
        const delegation = await delegate(tx, parts, principal, {
          purpose,
          actions: [
            ...(['run.read', 'run.execute', 'run.finish', 'dataset.read', 'capability.read'] as const),
            ...(model === null ? [] : (['model.read'] as const)),
            ...(purpose === 'train' ? (['model.create', 'tracking.read', 'tracking.log'] as const) : []),
          ],
          resources: [
            ...[id, row.id, ...versions.map(({ version }) => version.id)],
            ...(model === null ? [] : [model.facts.id]),
          ],
          lifetimeMs: day,
        });
        await insertRun(
          tx,
          {
            id,
            governedBy: id,
            capability: row.id,
            input: stored,
            context: {
              configHash: canonicalHash(stored as never),
              environmentHash: row.digest,
              runClass: versions.length > 0 || model !== null ? 'analysis' : 'operational',
              ...(versions.length > 0
                ? { dataVersion: canonicalHash(versions.map(({ version }) => version.sha256)) }
                : {}),
            },
            submittedBy: principal.id,
            purpose,
            delegation,
            among: wanted.compute?.resources ?? [],
            project: wanted.compute?.project ?? null,
            idempotencyKey,
            requestHash,
          },
          clock.now().getTime(),
        );
        await queue.enqueue(tx, runQueue, { run: id, delegation }, { key: id });
        const edges = sources.map((source) => ({
          subject: id,
          relation: 'used' as const,
          object: source.id,
        }));
        return {
          result: { id, repeated: false },
          details: { capability: row.id, input: requestHash },
          edges,
        };
      },
    )
    .catch((error: unknown) => {
      if (error instanceof Repeated) return { result: { id: error.run, repeated: true } };
      throw error;
    });
  return result;
}

/** The capability and the data that a run wants, each of which its principal may use. */
export async function sourcesOf(parts: RunParts, principal: PrincipalFacts, wanted: SubmitRun) {
  const { purpose } = wanted;
  const { row, facts } = await findCapability(parts.door.authorize(principal, purpose), wanted.capability);
  if (row.manifest.profile === 'training' && purpose !== 'train')
    throw invalidField(
      'purpose',
      `${row.name} trains a model: expected "train", which the cards of its data decide about`,
    );
  resourcesOf(row.manifest, { resources: definedOf(wanted.resources) });
  assertFits(row.manifest.input, wanted.input ?? null, 'input');
  const paying = wanted.compute?.project ?? null;
  if (paying !== null)
    await assertMember(parts.door.authorize(principal, purpose), paying, 'compute.project');
  assertApart(
    wanted.datasets.map(({ name }) => name),
    wanted,
  );
  const versions = await Promise.all(
    wanted.datasets.map(({ version }) => parts.catalog.showVersion(principal, version, purpose)),
  );
  if (row.manifest.implementation.kind === 'function' && versions.length > 0) {
    throw invalidField('datasets', 'a built-in function reads no datasets');
  }
  const model =
    wanted.model === undefined ? null : await modelOf(parts, principal, row, wanted.model, purpose);
  const read = [...versions.map((version) => version.facts), ...(model === null ? [] : [model.facts])];
  return { row, facts, versions, model, sources: [facts, ...read] };
}

/** The model that a run is to read, where its principal may and the capability can. */
async function modelOf(
  parts: RunParts,
  principal: PrincipalFacts,
  { manifest }: Awaited<ReturnType<typeof findCapability>>['row'],
  id: string,
  purpose: SubmitRun['purpose'],
): Promise<GivenModel> {
  if (manifest.implementation.kind === 'function' || parts.findModel === undefined)
    throw invalidField('model', 'a built-in function reads no model');
  // what a new model comes from is told of data, not of models yet
  if (purpose === 'train') throw invalidField('model', 'a run that trains reads no model yet');
  return await parts.findModel(principal, id, purpose);
}

/** Leaves the transaction without a trace: the run exists already. */
class Repeated extends Error {
  readonly run: string;
  constructor(run: string) {
    super(`run ${run} was submitted with this key before`);
    this.run = run;
  }
}

/** Submissions under one key wait for each other, so that the second finds the run of the first. */
async function findByKey(
  tx: WriteTx,
  principal: PrincipalFacts,
  key: string | undefined,
  hash: string,
): Promise<string | undefined> {
  if (key === undefined) return undefined;
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${principal.id} ${key}`}, 0))`);
  const [row] = await tx
    .select({ id: run.id, requestHash: run.requestHash })
    .from(run)
    .where(and(eq(run.submittedBy, principal.id), eq(run.idempotencyKey, key)));
  if (row !== undefined && row.requestHash !== hash) {
    throw new GenesisError({
      code: 'idempotency-mismatch',
      message: `The idempotency key "${key}" was used for another run before. Take a fresh key for a new one.`,
    });
  }
  return row?.id;
}
