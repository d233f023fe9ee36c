import type { ExecutionOutcome, JobResources } from '@genesis/contracts';
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

/** Rows that are to be predicted, without their results. `name` is the same after a restart, so that a job is found again. */
export type Asked = {
  name: string;
  run: string;
  /** In whose name the platform asks. */
  principal: PrincipalFacts;
  /** Who submitted the model; for a baseline, the same. */
  submitter: PrincipalFacts;
  rows: readonly Row[];
};

export type Answered = {
  predictions: Prediction[];
  /** What the job asked for, and how it ended. */
  asked: JobResources;
  execution: ExecutionOutcome;
};

/**
 * How models speak. Predictions come in the order of the rows; nothing of the rows stays anywhere.
 *
 * Throws a GenesisError that quotes no row when there are none.
 */
export interface Predictors {
  /** A registered model, whose artifact has this hash. */
  model(
    asked: Asked,
    wanted: { model: string; artifactHash: string },
    signal: AbortSignal,
  ): Promise<Answered>;
  /** A baseline, fitted on what everybody may read of a version. */
  baseline(
    asked: Asked,
    wanted: { baseline: BaselineName; settings: TaskSettings; version: string },
    signal: AbortSignal,
  ): Promise<Answered>;
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
  /** Names of those of these models that the scope shows. */
  modelNames: (scope: ReadScope, ids: readonly string[]) => Promise<Map<string, string>>;
  challengeExists: (number: number) => Promise<boolean>;
};
