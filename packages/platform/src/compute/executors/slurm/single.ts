import { join } from 'node:path';
import type { Staging } from '../local/staging.ts';
import { complaintIn, type Submission } from './followed-job.ts';
import { files } from './launch-file.ts';
import type { Over } from './over.ts';

/** Times that a job which Slurm has lost before it began is given to it. */
const mostSubmissions = 3;
/** States in which Slurm itself has let a job go, and nobody has cancelled it. */
const letGo = /^(NODE_FAIL|BOOT_FAIL|PREEMPTED)$/;

/** The name in Slurm of a job by itself, which no other job of any server has: it comes from the place of its folder. */
export const jobNameOf = (staging: Staging): string => `genesis-${staging.id}`;

/** How a job that is in Slurm by itself is in it. */
export function singleSubmission(staging: Staging, over: Over, submit: () => Promise<void>): Submission {
  const name = jobNameOf(staging);
  let submissions = 1;
  return {
    shared: false,
    name: () => name,
    again: async (last) => {
      // what Slurm still knows of is lost only with its node
      if (last !== undefined && !letGo.test(last.state)) return false;
      if (submissions >= mostSubmissions) return false;
      await submit();
      submissions += 1;
      return true;
    },
    over: () => over.add(name),
    complaint: () => complaintIn(join(staging.folder, files.runner)),
  };
}
