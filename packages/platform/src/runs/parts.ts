import type { Catalog } from '../catalog/index.ts';
import type { Compute, FunctionRunner } from '../compute/index.ts';
import type { Door } from '../door/index.ts';
import type { BlobStore, Clock, CrashPoints, Ids, Log, Queue } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { BuiltinFunctions } from './builtin.ts';
import type { StoredOutput } from './execute-run.ts';
import type { PortableFunctions } from './portable-function.ts';
import type { PythonParts } from './python-run.ts';

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
  /**
   * Takes the model that a run has left (`model/model.json` among its outputs) into the registry, before the run ends.
   * Called again after a crash, so it must find what it has done. A GenesisError that is not transient fails the run.
   */
  registerModel?: (principal: PrincipalFacts, left: LeftModel) => Promise<void>;
  actUnder: (delegation: string) => Promise<PrincipalFacts>;
  /** Folder for the JSON inputs of jobs, private to the platform. */
  inputFolder: string;
  /** Commands that run at one time. */
  concurrency: number;
};

/** A run with the files that it left, stored under its label. */
export type LeftModel = { run: string; capability: string; outputs: readonly StoredOutput[] };
