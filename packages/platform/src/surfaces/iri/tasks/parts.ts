import type { Projects } from '../../../compute/index.ts';
import type { Door } from '../../../door/index.ts';
import type { Clock, CrashPoints, Ids, Log, Queue } from '../../../kernel/index.ts';
import type { PrincipalFacts } from '../../../policy/index.ts';

/** What operations on files are made of; `main.ts` gives it. */
export type TaskParts = {
  door: Door;
  queue: Queue;
  clock: Clock;
  ids: Ids;
  log: Log;
  crash: CrashPoints;
  projects: Pick<Projects, 'folder' | 'rootOf'>;
  actUnder: (delegation: string) => Promise<PrincipalFacts>;
  /** Operations that are carried out at one time. */
  concurrency: number;
};
