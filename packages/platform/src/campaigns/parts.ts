import type { Catalog } from '../catalog/index.ts';
import type { Door } from '../door/index.ts';
import type { BlobStore, Clock, CrashPoints, Ids, Log, Queue } from '../kernel/index.ts';
import type { LedgerLog } from '../ledger/index.ts';
import type { Models, Predict } from '../models/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';
import type { Runs } from '../runs/index.ts';
import type { Functions } from './ports.ts';

/** What campaigns are made of; `main.ts` gives it. */
export type CampaignParts = {
  door: Door;
  /** The principal of a delegation as it is now; called before each effect of a worker. */
  actUnder: (delegation: string) => Promise<PrincipalFacts>;
  ledger: LedgerLog;
  queue: Queue;
  blobs: BlobStore;
  /** A secret of the instance: seeds of fresh measurements are drawn with it, so that nobody can foresee them. */
  drawKey: Buffer;
  clock: Clock;
  ids: Ids;
  log: Log;
  crash: CrashPoints;
  functions: Functions;
  catalog: Pick<Catalog, 'showVersion' | 'showSplit' | 'tables' | 'retireSplit'>;
  models: Models;
  predict: Predict;
  /** Experiments by commands of the user's own. */
  measure: Runs['measure'];
  /** The platform's own machine, for accounting of what runs in the platform itself. */
  local: () => string;
  /** Experiments under way at one time. */
  concurrency: number;
};
