import type { Catalog } from '../../catalog/index.ts';
import type { Door } from '../../door/index.ts';
import type { BlobStore, Clock, CrashPoints, Ids } from '../../kernel/index.ts';
import type { ProvenanceSigner } from '../provenance/signer.ts';

/** A package of a locked environment, with the hashes of what may be installed for it. */
export type LockedPackage = { name: string; version: string; sha256: string[] };

/** What an environment or a kit consists of, by the hash that a run recorded. Undefined where nobody knows it. */
export interface Materials {
  environment(hash: string): Promise<{ python: string; packages: LockedPackage[] } | undefined>;
  sources(capability: string): Promise<{ path: string; sha256: string }[] | undefined>;
}

/** For platforms without Python environments. */
export const noMaterials: Materials = {
  environment: async () => undefined,
  sources: async () => undefined,
};

/** What the registry is made of; `main.ts` gives it. */
export type RegistryParts = {
  door: Door;
  blobs: BlobStore;
  clock: Clock;
  ids: Ids;
  crash: CrashPoints;
  catalog: Pick<Catalog, 'showVersion'>;
  materials: Materials;
  signer: ProvenanceSigner;
};
