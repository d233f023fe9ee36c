import { modelBuildType, type ProvenanceStatement, type ResourceDescriptor } from '@genesis/evidence';
import type { RegisteredRow } from '../registry/rows.ts';

export type Told = {
  row: RegisteredRow;
  /** SHA-256 of every file that goes out, by its path. */
  files: ReadonlyMap<string, string>;
  /** Sources of the kit, where they are known. */
  sources: readonly { path: string; sha256: string }[];
  /** Name of the key that signs. */
  builder: string;
};

const iso = (at: number): string => new Date(at).toISOString();

/**
 * How a version came to be, as an in-toto statement with SLSA's provenance: the subjects are the files that go out, the
 * dependencies the data versions, the code and the environment by their hashes. Pure: equal facts give equal bytes.
 */
export function provenanceOf({ row, files, sources, builder }: Told): ProvenanceStatement {
  const { origin, description } = row;
  const { capability, data, seeds, environmentHash, configHash, startedAt, endedAt } = origin;
  const dependencies: ResourceDescriptor[] = [
    ...data.map(({ name, version, dataset, sha256 }) => ({
      name,
      uri: `urn:genesis:version:${version}`,
      digest: { sha256 },
      annotations: { dataset },
    })),
    {
      name: `${capability.name}@${capability.version}`,
      uri: `urn:genesis:capability:${capability.id}`,
      digest: { sha256: capability.digest },
    },
    ...sources.map(({ path, sha256 }) => ({ name: path, digest: { sha256 } })),
    { name: 'environment', uri: 'urn:genesis:environment', digest: { sha256: environmentHash } },
  ];
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [...files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, sha256]) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: modelBuildType,
        externalParameters: {
          ...{ model: row.id, name: row.name, version: row.version, task: description.task },
          capability: `${capability.name}@${capability.version}`,
        },
        internalParameters: { configHash, seeds, artifactHash: row.artifactHash, entry: row.entry },
        resolvedDependencies: dependencies,
      },
      runDetails: {
        builder: { id: `urn:genesis:platform:${builder}` },
        metadata: {
          invocationId: row.run,
          ...(startedAt === null ? {} : { startedOn: iso(startedAt) }),
          ...(endedAt === null ? {} : { finishedOn: iso(endedAt) }),
        },
      },
    },
  };
}
