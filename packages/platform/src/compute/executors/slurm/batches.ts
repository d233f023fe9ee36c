/**
 * Many jobs that are one job array in Slurm. On disk a batch is a folder with the names of its jobs, made before it is
 * submitted, and each job's folder has the name of its batch, so that after a restart each is found by itself.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobResources } from '@genesis/contracts';
import { Staging } from '../local/staging.ts';
import { type BatchList, batchFile, batchListSchema } from './batch-file.ts';
import { complaintIn, type Submission } from './followed-job.ts';
import { inParallel } from './in-parallel.ts';
import { files } from './launch-file.ts';
import type { Over } from './over.ts';
import type { QueuedJob } from './queue.ts';
import type { BatchPlan } from './request.ts';
import { isFenced } from './stage.ts';
import { writeWhole } from './write-whole.ts';

type Member = { staging: Staging; name: string; resources: JobResources };

type Parts = {
  over: Over;
  plan(jobs: readonly JobResources[]): Promise<BatchPlan>;
  /** Submits the job array under this name; its runners serve the jobs that the folder lists. */
  submit(name: string, folder: string, plan: BatchPlan): Promise<void>;
};

/** Times in a row that a batch of which no job began is given to Slurm. */
const mostFruitless = 3;
/** Jobs of a batch that are found left over within this time are given to Slurm again together. */
const gatherMs = 500;

export async function openBatches(stagingRoot: string, { over, ...parts }: Parts) {
  const root = join(stagingRoot, batchFile.root);
  await mkdir(root, { recursive: true, mode: 0o700 });
  /** The jobs of each batch that are not over. */
  const open = new Map<string, { jobs: Set<string>; size: number; fruitless: number }>();
  const gathering = new Map<string, { members: Member[]; wave: Promise<string | null> }>();

  /** The batch is done with: nothing of it is to be left in the queue, nor its folder. */
  const finish = async (batch: string): Promise<void> => {
    open.delete(batch);
    await over.add(batch);
    await rm(join(root, batch), { recursive: true, force: true });
  };
  const leave = async (batch: string, job: string): Promise<void> => {
    const known = open.get(batch);
    if (known?.jobs.delete(job) === true && known.jobs.size === 0) await finish(batch);
  };

  const isOver = async (batch: string, job: string): Promise<boolean> => {
    const staging = new Staging(stagingRoot, job);
    if ((await nameOf(staging)) !== batch) return true;
    return (await staging.readEnd()) !== null || (await isFenced(staging));
  };
  for (const batch of await readdir(root)) {
    // without its list it was never submitted
    const text = await readIfThere(join(root, batch, batchFile.list));
    const { jobs } = text === null ? { jobs: [] } : batchListSchema.parse(JSON.parse(text));
    const left = new Set<string>();
    await inParallel(jobs, async (job) => {
      if (!(await isOver(batch, job))) left.add(job);
    });
    open.set(batch, { jobs: left, size: left.size, fruitless: 0 });
    if (left.size === 0) await finish(batch);
  }

  /** Writes the batch down and submits it. When that throws, nothing of it runs and what came of it is removed. */
  const submit = async (members: readonly Member[], fruitless: number): Promise<string> => {
    const batch = `genesis-batch-${randomBytes(12).toString('hex')}`;
    const folder = join(root, batch);
    await mkdir(folder, { mode: 0o700 });
    open.set(batch, { jobs: new Set(members.map(({ name }) => name)), size: members.length, fruitless });
    try {
      const plan = await parts.plan(members.map(({ resources }) => resources));
      const list: BatchList = {
        jobs: members.map(({ name }) => name),
        limitSeconds: plan.need.seconds,
        tasks: plan.tasks,
      };
      await writeWhole(join(folder, batchFile.list), JSON.stringify(list), 0o600);
      await inParallel(members, async ({ staging }) => {
        const place = join(staging.folder, files.batch);
        await writeFile(`${place}.new`, batch, { mode: 0o600 });
        await rename(`${place}.new`, place);
      });
      await parts.submit(batch, folder, plan);
    } catch (error) {
      await finish(batch);
      throw error;
    }
    return batch;
  };

  /** One new batch of those that are left over of an old one; null when that was done often enough. */
  const nextWave = async (batch: string, members: Member[]): Promise<string | null> => {
    await pause(gatherMs);
    gathering.delete(batch);
    const known = open.get(batch);
    const began = known === undefined || members.length < known.size;
    const fruitless = began ? 0 : known.fruitless + 1;
    if (fruitless >= mostFruitless) return null;
    const next = await submit(members, fruitless);
    for (const { name } of members) await leave(batch, name);
    return next;
  };
  const gather = (batch: string, member: Member): Promise<string | null> => {
    let group = gathering.get(batch);
    if (group === undefined) {
      const members: Member[] = [];
      group = { members, wave: nextWave(batch, members) };
      gathering.set(batch, group);
    }
    group.members.push(member);
    return group.wave;
  };

  return {
    /** Returns the name of the batch. */
    submit: (members: readonly Member[]): Promise<string> => submit(members, 0),
    /** How a job of a batch is in Slurm. */
    submission: (member: Member, batch: string): Submission => {
      let current = batch;
      let isDone = false;
      return {
        shared: true,
        name: () => current,
        again: async (last: QueuedJob | undefined) => {
          // what somebody cancelled is not started again, nor what waits for what will not come
          if (last !== undefined && /^(CANCELLED|PENDING)$/.test(last.state)) return false;
          const next = await gather(current, member);
          if (next === null) return false;
          current = next;
          // cancelled while it was given to Slurm again
          if (isDone) await leave(next, member.name);
          return true;
        },
        over: async () => {
          isDone = true;
          await leave(current, member.name);
        },
        complaint: async () => {
          // no folder, no words
          const names = await readdir(join(root, current)).catch(() => []);
          for (const file of names.filter((name) => name.endsWith('.log'))) {
            const said = await complaintIn(join(root, current, file));
            if (said !== '') return said;
          }
          return '';
        },
      };
    },
    /** The job is released, whether it was followed here or not. */
    leave,
  };
}
export type Batches = Awaited<ReturnType<typeof openBatches>>;

/** The batch of a job; null when it is in Slurm by itself, or is not there. */
export const nameOf = (staging: Staging): Promise<string | null> =>
  readIfThere(join(staging.folder, files.batch));

const readIfThere = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
