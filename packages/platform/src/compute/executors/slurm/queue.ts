/** What Slurm says of the jobs that it was given. */

/** Its state and why it is in it, in Slurm's words; `id` is only good for the moment: ids are given again after a crash. */
export type QueuedJob = { id: string; state: string; why: string };

/** By name. A task of a job array is there a second time, as NAME_INDEX. */
export type Queue = ReadonlyMap<string, QueuedJob>;

/** Id, index in the array, state, reason and name of each job; names of jobs of others may hold anything. */
export const queueFormat = '%i|%K|%T|%r|%j';

/** The name of one task of a job array, as the queue has it. */
export const taskName = (name: string, index: string | number): string => `${name}_${index}`;

export function readQueue(text: string): Queue {
  const queue = new Map<string, QueuedJob>();
  for (const line of text.split('\n')) {
    const [id, index, state, why, ...rest] = line.split('|');
    if (id === undefined || index === undefined || state === undefined || why === undefined) continue;
    const name = rest.join('|');
    const job = { id, state, why };
    if (/^\d+$/.test(index)) put(queue, taskName(name, index), job);
    put(queue, name, job);
  }
  return queue;
}

/** Of several jobs of one name the one that can still run counts; else what somebody cancelled counts least. */
function put(queue: Map<string, QueuedJob>, name: string, job: QueuedJob): void {
  const rank = ({ state }: QueuedJob): number => (isLive(state) ? 2 : state === 'CANCELLED' ? 0 : 1);
  const known = queue.get(name);
  if (known === undefined || rank(job) > rank(known)) queue.set(name, job);
}

const liveStates = new Set([
  'PENDING',
  'CONFIGURING',
  'RUNNING',
  'COMPLETING',
  'SUSPENDED',
  'STOPPED',
  'REQUEUED',
  'REQUEUE_FED',
  'REQUEUE_HOLD',
  'RESIZING',
  'SIGNALING',
  'STAGE_OUT',
]);

/** Whether a job in this state may still run or is running. */
export const isLive = (state: string): boolean => liveStates.has(state);

/** Reasons for which a job waits until somebody changes the job or the Slurm (squeue(1), "JOB REASON CODES"). */
const hopeless =
  /^(PartitionTimeLimit|PartitionNodeLimit|BadConstraints|DependencyNeverSatisfied|InvalidAccount|InvalidQOS|JobHeldAdmin|AccountNotAllowed|QOSNotAllowed|AssocMax.*PerJob|QOSMax.*PerJob)$/;

/** Whether a job may still run, as far as can be told. */
export const hasHope = (job: QueuedJob | undefined): job is QueuedJob =>
  job !== undefined && isLive(job.state) && !(job.state === 'PENDING' && hopeless.test(job.why));
