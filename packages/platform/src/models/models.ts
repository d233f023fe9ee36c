import { GenesisError } from '@genesis/contracts';
import { canonicalBytes, canonicalJson, labelHash, modelArtifactHash } from '@genesis/evidence';
import { and, asc, desc, eq } from 'drizzle-orm';
import { type Door, factsOf, type ReadScope, resource } from '../door/index.ts';
import type { BlobRef, BlobStore, Clock } from '../kernel/index.ts';
import type { PrincipalFacts, ResourceFacts } from '../policy/index.ts';
import { asModel, type ModelRow, type SurrogateRow } from './registry/rows.ts';
import { nextVersion } from './registry/version-number.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts';
import { type ModelMetric, model, modelMove, type Proposal, type TrainedOn } from './tables.ts';

export type MoveRow = typeof modelMove.$inferSelect;
/** A trained model as its library writes it. */
export type Artifact = { config: Record<string, unknown>; tensors: Record<string, Tensor> };

export type NewModel = {
  id: string;
  name: string;
  campaign: string;
  run: string;
  artifact: Artifact;
  metrics: ModelMetric[];
  trainedOn: TrainedOn;
  /** Label and conditions, joined from everything that it was trained on. */
  facts: Pick<ResourceFacts, 'organisation' | 'label' | 'conditions'>;
  /** Ids of what it was trained on. */
  sources: readonly string[];
};

export interface Models {
  /** Stores the artifact and registers the version, through the door. */
  create(principal: PrincipalFacts, wanted: NewModel): Promise<SurrogateRow>;
  find(scope: ReadScope, id: string): Promise<{ row: ModelRow; facts: ResourceFacts }>;
  list(scope: ReadScope, limit: number): Promise<{ row: ModelRow; facts: ResourceFacts }[]>;
  /** The newest version that a campaign trained, if any. */
  latestOf(scope: ReadScope, campaign: string): Promise<SurrogateRow | undefined>;
  ofCampaign(scope: ReadScope, campaign: string): Promise<SurrogateRow[]>;
  /** Who asked for a version to be put into production; null where nobody has, or the scope shows no such version. */
  proposalOf(scope: ReadScope, id: string): Promise<Proposal | null>;
  /** How a version came to its stage, in order. */
  moves(scope: ReadScope, id: string): Promise<MoveRow[]>;
  artifact(row: SurrogateRow): Promise<Artifact>;
  /** The files of the artifact: what its hash covers. */
  files(row: SurrogateRow): Promise<{ config: Buffer; tensors: Buffer }>;
}

export function createModels(parts: { door: Door; blobs: BlobStore; clock: Clock }): Models {
  const { door, blobs, clock } = parts;

  async function create(principal: PrincipalFacts, wanted: NewModel): Promise<SurrogateRow> {
    const { artifact, facts, sources, ...rest } = wanted;
    const { id } = wanted;
    const files = {
      config: Buffer.from(canonicalBytes(artifact.config)),
      tensors: encodeSafetensors(artifact.tensors),
    };
    const tensors: BlobRef = await blobs.put(files.tensors, { labelKey: canonicalJson(facts.label) });
    const hash = modelArtifactHash(files.config, files.tensors);
    const { result } = await door.perform(
      {
        principal,
        action: 'model.create',
        resource: { create: { ...facts, kind: 'model', id } },
        purpose: 'train',
        sources,
      },
      async (tx, governed, entry) => {
        const createdAt = clock.now().getTime();
        const version = await nextVersion(tx, wanted.name, governed);
        const known = { kind: 'surrogate', version, stage: 'candidate' } as const;
        const value = {
          ...known,
          ...rest,
          config: artifact.config,
          tensors,
          artifactHash: hash,
          entry,
          createdAt,
        };
        const [row] = await tx.insert(model).values(value).returning();
        return {
          result: asModel(row!) as SurrogateRow,
          details: { kind: 'model', modelId: id, artifactHash: hash, labelHash: labelHash(facts.label) },
          edges: [{ subject: id, relation: 'wasGeneratedBy', object: wanted.run }],
        };
      },
    );
    return result;
  }

  const select = (scope: ReadScope) =>
    scope.orm
      .select({ row: model, governed: resource })
      .from(model)
      .innerJoin(resource, eq(resource.id, model.id));

  return {
    create,
    async find(scope, id) {
      const [found] = await select(scope).where(and(eq(model.id, id), scope.where));
      if (found === undefined) {
        throw new GenesisError({
          code: 'not-found',
          message: 'There is no model under this id that you may see.',
        });
      }
      return { row: asModel(found.row), facts: factsOf(found.governed) };
    },
    async list(scope, limit) {
      const rows = await select(scope)
        .where(scope.where)
        .orderBy(desc(model.createdAt), desc(model.id))
        .limit(limit);
      return rows.map((found) => ({ row: asModel(found.row), facts: factsOf(found.governed) }));
    },
    async latestOf(scope, campaign) {
      const [found] = await select(scope)
        .where(and(eq(model.campaign, campaign), scope.where))
        .orderBy(desc(model.createdAt), desc(model.id))
        .limit(1);
      return found && (asModel(found.row) as SurrogateRow);
    },
    async ofCampaign(scope, campaign) {
      const rows = await select(scope)
        .where(and(eq(model.campaign, campaign), scope.where))
        .orderBy(asc(model.createdAt), asc(model.id));
      return rows.map((found) => asModel(found.row) as SurrogateRow);
    },
    async proposalOf(scope, id) {
      const [found] = await select(scope).where(and(eq(model.id, id), scope.where));
      return found?.row.proposal ?? null;
    },
    async moves(scope, id) {
      const rows = await scope.orm
        .select({ move: modelMove })
        .from(modelMove)
        .innerJoin(resource, eq(resource.id, modelMove.model))
        .where(and(eq(modelMove.model, id), scope.where))
        .orderBy(asc(modelMove.number));
      return rows.map((found) => found.move);
    },
    async artifact(row) {
      return {
        config: row.config as Record<string, unknown>,
        tensors: decodeSafetensors(await blobs.read(row.tensors)),
      };
    },
    async files(row) {
      return { config: Buffer.from(canonicalBytes(row.config)), tensors: await blobs.read(row.tensors) };
    },
  };
}
