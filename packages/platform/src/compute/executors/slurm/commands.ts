/** Slurm's own command-line tools, each call bounded in time and in what it may say. */
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { GenesisError } from '@genesis/contracts';

export type SlurmOptions = {
  /** Path of slurm.conf; without it the one that Slurm finds by itself. */
  slurmConf?: string | undefined;
  /** Longest time that one command may take. */
  commandTimeoutMs?: number;
};

/** What Slurm knows of a job that it was given: its state and why it is in it, in Slurm's words. */
export type QueuedJob = { state: string; why: string };

const mostOutputBytes = 64 * 2 ** 20;
const attempts = 4;

/** What Slurm says when its controller is away or busy: the same command may work a little later. */
const transient =
  /unable to contact slurm controller|socket timed out|connection refused|resource temporarily unavailable|zero bytes were transmitted|transport endpoint|temporarily disabled|slurm_load_jobs error/i;

/** The end of a command that failed. `unclear`: it may have taken effect all the same. */
class CommandFailed extends Error {
  readonly unclear: boolean;
  constructor(message: string, unclear: boolean) {
    super(message);
    this.unclear = unclear;
  }
}

export function createSlurmCommands({ slurmConf, commandTimeoutMs = 30_000 }: SlurmOptions) {
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
    LC_ALL: 'C',
    ...(slurmConf === undefined ? {} : { SLURM_CONF: slurmConf }),
  };

  const run = (command: string, args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { env: environment, timeout: commandTimeoutMs, maxBuffer: mostOutputBytes };
      execFile(command, args, options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const said = stderr.trim() || error.message;
        const unclear = error.killed === true || transient.test(said);
        reject(new CommandFailed(`${command}: ${said.slice(0, 500)}`, unclear));
      });
    });

  const unavailable = (cause: Error): GenesisError =>
    new GenesisError(
      {
        code: 'unavailable',
        message: `Slurm does not answer (${cause.message}). Its jobs go on; this is tried again.`,
        retryAfterSeconds: 10,
      },
      { cause },
    );

  /** Repeats what may be repeated, with growing pauses that are spread so that many servers do not knock at once. */
  const insist = async (command: string, args: readonly string[]): Promise<string> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run(command, args);
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        if (!error.unclear || attempt === attempts) throw unavailable(error);
        await pause(250 * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  };

  /** Every job of this user that Slurm still knows of, by name: one call, however many there are. */
  const listJobs = async (name?: string): Promise<Map<string, QueuedJob>> => {
    const only = name === undefined ? ['--me'] : [`--name=${name}`];
    const text = await insist('squeue', ['--noheader', '--states=all', ...only, '--format=%j|%T|%r']);
    const jobs = new Map<string, QueuedJob>();
    for (const line of text.split('\n')) {
      const [job, state, why] = line.split('|');
      if (job === undefined || state === undefined) continue;
      // of several jobs of one name, the one that can still run counts
      if (jobs.has(job) && !isLive(state)) continue;
      jobs.set(job, { state, why: why ?? '' });
    }
    return jobs;
  };

  /**
   * Submits once. When it is not clear whether Slurm has taken the job, it is looked for by its name, which no other
   * job has, before it is submitted again. Throws `unsupported` with Slurm's words when Slurm refuses the job, and
   * `unavailable` when Slurm cannot be reached; a job that was taken after all can then still start.
   */
  const submit = async (name: string, args: readonly string[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await run('sbatch', ['--parsable', `--job-name=${name}`, ...args]);
        return;
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        if (!error.unclear)
          throw new GenesisError({ code: 'unsupported', message: `Slurm refused the job. ${error.message}` });
        if (attempt === attempts) throw unavailable(error);
        await pause(250 * 2 ** attempt * (0.5 + Math.random()));
        if ((await listJobs(name)).has(name)) return;
      }
    }
  };

  return {
    submit,
    listJobs,
    /** Asks the job's first process to end, as SIGTERM does. */
    terminate: (name: string) => insist('scancel', [`--name=${name}`, '--batch', '--signal=TERM']),
    /** Takes every job of this name out of the queue, running or not. */
    remove: (name: string) => insist('scancel', [`--name=${name}`]),
  };
}
export type SlurmCommands = ReturnType<typeof createSlurmCommands>;

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

/** Whether a job waits for what will not come by itself. */
export const isHopeless = ({ state, why }: QueuedJob): boolean => state === 'PENDING' && hopeless.test(why);
