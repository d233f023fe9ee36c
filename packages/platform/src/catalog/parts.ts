import type { AgreementBinding } from '../access/index.ts';
import type { Door, PrincipalDirectory } from '../door/index.ts';
import type {
  BlobStore,
  Clock,
  CrashPoints,
  Database,
  Ids,
  Keyring,
  Log,
  Outbound,
  Queue,
  SpaceGuard,
} from '../kernel/index.ts';
import type { CardReaders } from './cards/read-cards.ts';
import type { IngestLimits, IngestProgress } from './ingest/model.ts';
import type { WaitingChild } from './ingest/waiting-child.ts';
import type { Staging } from './staging.ts';

/** What the catalog is made of. */
export type CatalogParts = {
  agreements: AgreementBinding;
  door: Door;
  database: Database;
  blobs: BlobStore;
  keyring: Keyring;
  queue: Queue;
  directory: PrincipalDirectory;
  guard: SpaceGuard;
  /** To what other machines publish. */
  outbound: Outbound;
  clock: Clock;
  ids: Ids;
  log: Log;
  crashPoints: CrashPoints;
  staging: Staging;
  limits: IngestLimits;
  cardReaders: CardReaders;
  /** Ready for the next slice of a tree. */
  waitingChild: WaitingChild;
  /** Progress of the jobs that this process works on. */
  progress: Map<string, IngestProgress>;
};
