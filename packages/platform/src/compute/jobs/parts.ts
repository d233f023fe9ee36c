import type { Door } from '../../door/index.ts';
import type { Clock, CrashPoints, Ids, Log, Queue } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import type { Executor } from '../ports.ts';
import type { Projects } from '../projects/index.ts';

/** What jobs are made of; `main.ts` gives it. */
export type JobParts = {
  door: Door;
  queue: Queue;
  clock: Clock;
  ids: Ids;
  log: Log;
  crash: CrashPoints;
  /** The executor of a resource. */
  executorOf: (machine: string) => Promise<Executor>;
  projects: Pick<Projects, 'rootOf'>;
  actUnder: (delegation: string) => Promise<PrincipalFacts>;
  /** Jobs that are under way at one time: on the platform's own machine, and given to others. */
  concurrency: { local: number; elsewhere: number };
};
