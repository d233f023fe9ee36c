import type { Catalog } from '../catalog/index.ts';
import type { Door, ReadScope } from '../door/index.ts';
import type { BlobStore, Clock, CrashPoints, Ids, Queue } from '../kernel/index.ts';
import type { Models } from '../models/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { BaselineName, Prediction, Row, TaskSettings } from './model.ts';

/** Runs trusted functions away from the server's own thread. */
export interface Functions {
  call<Input, Output>(
    ref: { module: URL; name: string },
    input: Input,
    options?: { signal?: AbortSignal },
  ): Promise<Output>;
}

/**
 * How models speak. Predictions come in the order of the rows; nothing of the rows stays anywhere. `name` is the same after a
 * restart, so that a job which ran is found again.
 */
export interface Predictors {
  /** A registered model, whose files have this hash. */
  model(
    wanted: { name: string; model: string; artifactHash: string; rows: readonly Row[] },
    signal: AbortSignal,
  ): Promise<Prediction[]>;
  /** A baseline, fitted on the rows that everybody may read. */
  baseline(
    wanted: {
      name: string;
      baseline: BaselineName;
      settings: TaskSettings;
      explore: readonly Row[];
      rows: readonly Row[];
    },
    signal: AbortSignal,
  ): Promise<Prediction[]>;
}

/** What evaluations are made of; `main.ts` gives it. */
export type EvaluationParts = {
  door: Door;
  /** The principal of a delegation as it is now; called before each effect of a worker. */
  actUnder: (delegation: string) => Promise<PrincipalFacts>;
  queue: Queue;
  blobs: BlobStore;
  clock: Clock;
  ids: Ids;
  crash: CrashPoints;
  functions: Functions;
  catalog: Pick<Catalog, 'showSplit' | 'showVersion' | 'tables'>;
  models: Pick<Models, 'find'>;
  predictors: Predictors;
  /** The platform's own machine, for accounting. */
  local: () => string;
  /** Names of those of these models that the scope shows. */
  modelNames: (scope: ReadScope, ids: readonly string[]) => Promise<Map<string, string>>;
  challengeExists: (number: number) => Promise<boolean>;
};
