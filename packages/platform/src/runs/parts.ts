import type { Purpose } from '@genesis/contracts';
import type { Catalog } from '../catalog/index.ts';
import type { Compute, FunctionRunner } from '../compute/index.ts';
import type { Door } from '../door/index.ts';
import type { BlobStore, Clock, CrashPoints, Ids, Log, Queue } from '../kernel/index.ts';
import type { PrincipalFacts, ResourceFacts } from '../policy/index.ts';
import type { BuiltinFunctions } from './builtin.ts';
import type { PortableFunctions } from './portable-function.ts';
import type { PythonParts } from './python-run.ts';

/** A registered model as a run reads it. */
export type GivenModel = {
  facts: ResourceFacts;
  /** By their path below `model/`. */
  files: readonly { path: string; address: string }[];
};

/** What runs are made of; `main.ts` gives it. */
export type RunParts = {
  door: Door;
  queue: Queue;
  blobs: BlobStore;
  clock: Clock;
  ids: Ids;
  log: Log;
  crash: CrashPoints;
  catalog: Pick<Catalog, 'showVersion' | 'writeNamedTable'>;
  functions: FunctionRunner;
  compute: Compute;
  portable: PortableFunctions;
  builtin: BuiltinFunctions;
  /** Kits and Python environments; absent where runs with Python are not set up. */
  python?: PythonParts;
  actUnder: (delegation: string) => Promise<PrincipalFacts>;
  /** Takes over the model that a training run left, once the run is recorded. Called again after a crash, it acts once. */
  registerModel?: (principal: PrincipalFacts, wanted: { run: string }) => Promise<unknown>;
  /** A model that somebody may read for a purpose, decided at this call; absent where runs read none. */
  findModel?: (principal: PrincipalFacts, id: string, purpose: Purpose) => Promise<GivenModel>;
  /** Folder for the JSON inputs of jobs, private to the platform. */
  inputFolder: string;
  /** Folder for the checkpoints of trainings between their attempts, private to the platform. */
  checkpointFolder: string;
  /** Commands that run at one time. */
  concurrency: number;
};
