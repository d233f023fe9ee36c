import type { Placeholder, SQL } from 'drizzle-orm';
import type { Door, PrincipalDirectory, ReadScope } from '../door/index.ts';
import type { BlobStore, Clock, CrashPoints, Database, Ids, Queue } from '../kernel/index.ts';

/** A query for the ids of the projects that a principal is a member of; projects lie above access. */
export type ProjectsOf = (principal: string | Placeholder) => SQL;

/** Names of things, as far as the scope shows them; what has none is left out. */
export type NamesOf = (scope: ReadScope, ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** What access is made of; `main.ts` gives it. */
export type AccessParts = {
  door: Door;
  database: Database;
  directory: PrincipalDirectory;
  blobs: BlobStore;
  queue: Queue;
  clock: Clock;
  ids: Ids;
  crash: CrashPoints;
  projectsOf: ProjectsOf;
  namesOf: NamesOf;
  /** A folder with templates of one's own. */
  templatesFolder: string | undefined;
};
