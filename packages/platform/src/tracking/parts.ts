import type { Purpose } from '@genesis/contracts';
import type { Door } from '../door/index.ts';
import type { BlobStore, Clock, CrashPoints, Cursors, Ids } from '../kernel/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';

/** What tracking is made of. */
export type TrackingParts = {
  door: Door;
  blobs: BlobStore;
  clock: Clock;
  ids: Ids;
  cursors: Cursors;
  crash: CrashPoints;
  /** Largest artifact. */
  uploadLimitBytes: number;
};

/** Who calls, and what for. */
export type Caller = {
  principal: PrincipalFacts;
  purpose: Purpose;
  /** The Genesis run whose code calls, under a token for that run alone; null for everybody else. */
  run: string | null;
};
