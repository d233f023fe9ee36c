/** What Slurm is asked, said in its tools. Every question and order goes by name, never by an id that was kept. */
import { setTimeout as pause } from 'node:timers/promises';
import { GenesisError } from '@genesis/contracts';
import { inspectFormat } from './inspect.ts';
import { type Partition, partitionFormat, readPartition } from './partition.ts';
import { isLive, type Queue, queueFormat, readQueue } from './queue.ts';
import { CommandFailed, type RunTool, toolRunner } from './tool.ts';

export type SlurmOptions = {
  /** Path of slurm.conf; without it the one that Slurm finds by itself. */
  slurmConf?: string | undefined;
  /** Longest time that one command may take. */
  commandTimeoutMs?: number;
  /** How the tools are run; by default as processes of this machine. */
  runTool?: RunTool;
};

const attempts = 4;
/** Growing, and spread so that many servers do not knock at once. */
const breath = (attempt: number): Promise<void> => pause(250 * 2 ** attempt * (0.5 + Math.random()));

/** What scancel says of a job that has ended in the meantime. */
const endedAlready = /already (completing|completed)|invalid job id/i;

export function createSlurmCommands({ slurmConf, commandTimeoutMs = 30_000, runTool }: SlurmOptions) {
  const run = runTool ?? toolRunner(slurmConf, commandTimeoutMs);

  const unavailable = (cause: Error): GenesisError =>
    new GenesisError(
      {
        code: 'unavailable',
        message: `Slurm does not answer (${cause.message}). Its jobs go on; this is tried again.`,
        retryAfterSeconds: 10,
      },
      { cause },
    );

  /** Repeats what may be repeated; not after `patienceMs`. */
  const insist = async (
    command: string,
    args: readonly string[],
    patienceMs = Number.POSITIVE_INFINITY,
  ): Promise<string> => {
    const began = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run(command, args);
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        const over = attempt === attempts || performance.now() - began > patienceMs;
        if (!error.unclear || over) throw unavailable(error);
        await breath(attempt);
      }
    }
  };
  const scancel = async (...args: string[]): Promise<void> => {
    try {
      await insist('scancel', args);
    } catch (error) {
      const { message } = error as Error;
      if (!endedAlready.test(message)) throw error;
    }
  };

  /** Every job of this user that Slurm still knows of, or those of one name: one call, however many there are. */
  const listJobs = async (name?: string): Promise<Queue> => {
    const only = name === undefined ? '--me' : `--name=${name}`;
    return readQueue(await insist('squeue', ['--noheader', '--states=all', only, `--format=${queueFormat}`]));
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
        await breath(attempt);
        if ((await listJobs(name)).has(name)) return;
      }
    }
  };

  return {
    submit,
    listJobs,
    /** What the nodes of a partition, or of the default one, can hold. */
    describePartition: async (name?: string): Promise<Partition> => {
      const only = name === undefined ? [] : [`--partition=${name}`];
      return readPartition(await insist('sinfo', ['--noheader', `--format=${partitionFormat}`, ...only]));
    },
    /** The nodes of a partition, or of all, with their states, as sinfo prints them. */
    inspect: (name?: string): Promise<string> => {
      const only = name === undefined ? [] : [`--partition=${name}`];
      return insist('sinfo', ['--noheader', `--format=${inspectFormat}`, ...only], 5_000);
    },
    /** Asks the job's first process to end, as SIGTERM does. */
    terminate: (name: string) => scancel(`--name=${name}`, '--batch', '--signal=TERM'),
    /** Ends the first process of one task of a job array, and nothing else of the array. */
    killTask: async (name: string, task: string): Promise<void> => {
      const found = (await listJobs(name)).get(task);
      if (found === undefined || !isLive(found.state)) return;
      // the id was read a moment ago; with the name beside it no other job can be meant
      await scancel(`--name=${name}`, '--batch', '--signal=KILL', found.id);
    },
    /** Takes every job of this name out of the queue, running or not. */
    remove: (name: string) => scancel(`--name=${name}`),
  };
}
export type SlurmCommands = ReturnType<typeof createSlurmCommands>;
