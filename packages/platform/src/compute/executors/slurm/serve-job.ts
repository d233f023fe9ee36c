/** One job on its node: claim, inputs, sandbox, outcome. */
import { appendFileSync } from 'node:fs';
import { access, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JobOutcome } from '@genesis/contracts';
import { listingOf } from '../../listing.ts';
import type { Executor } from '../../ports.ts';
import { allottedBySlurm, findGpus } from '../local/gpus.ts';
import { createLocalExecutor } from '../local/local-executor.ts';
import type { ProcessIdentity } from '../local/process-tree.ts';
import { outcomeEnd, Staging } from '../local/staging.ts';
import { failedOutcome, type Why } from './failed-outcome.ts';
import { files, type Launch, launchSchema } from './launch-file.ts';
import { openNodeRelay } from './relay.ts';
import { hashOf } from './stage.ts';

const lookEveryMs = 250;

/** Null when the file system does not tell. */
const isThere = (path: string): Promise<boolean | null> =>
  access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? false : null),
  );

/** What the node has to run, or null: the job is released, claimed, or given up. */
export async function readUnclaimed(folder: string): Promise<Launch | null> {
  if ((await isThere(join(folder, 'claim.json'))) === true) return null;
  const text = await readFile(join(folder, files.launch), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : launchSchema.parse(JSON.parse(text));
}

/** What serves jobs on a node: one process, one local executor. */
export type Runner = {
  readonly process: ProcessIdentity;
  /** The name of the job array's task that it is; undefined: it serves one job only. */
  readonly task: string | undefined;
  readonly stop: AbortSignal;
  /** Asked when `stop` has fired. */
  whyStopped(): Why;
  /** The same executor for all jobs, made for the first of them. */
  executor(launch: Launch): Promise<Executor>;
  /** Where that executor has its folders; on the file system of the jobs' own. */
  readonly root: string;
};

/** The executor of a runner, which runs commands in the same sandbox and under the same limits as on the server. */
export function executorIn(root: string): Runner['executor'] {
  let opened: Promise<Executor> | undefined;
  return ({ allowUnsandboxed, graceSeconds }) => {
    // the job's own control group is Slurm's, and so is the choice of GPUs
    const gpus = findGpus({ allotted: allottedBySlurm(process.env) });
    const how = { useCgroups: false, trySandbox: false, gpus };
    opened ??= createLocalExecutor({ stagingRoot: root, allowUnsandboxed, graceSeconds, ...how });
    return opened;
  };
}

/** Runs the job and leaves its outcome. False, and nothing done, when somebody else has the claim. */
export async function serveJob(folder: string, launch: Launch, runner: Runner): Promise<boolean> {
  const { spec, claim, inputHashes, mountListings, allowUnsandboxed } = launch;
  const staging = new Staging(dirname(folder), basename(folder));
  // it looks at the machine while the claim is written; nothing is run before that is known
  const opened = runner.executor(launch);
  opened.catch(() => undefined);
  const claimed = await staging.claim({
    kind: 'claimed',
    claim,
    process: runner.process,
    sandboxed: !allowUnsandboxed,
    cgroupFolders: [],
    ...(runner.task === undefined ? {} : { task: runner.task }),
  });
  if (!claimed) return false;
  const startedAt = new Date();
  const end = async (outcome: JobOutcome): Promise<void> => {
    await staging.end(outcomeEnd({ ...outcome, claim }));
  };

  const run = async (): Promise<void> => {
    for (const [index, { path, source }] of spec.inputs.entries())
      if ((await hashOf(source)) !== inputHashes[index])
        throw new Error(`The input ${path} arrived changed: its SHA-256 is another one.`);
    for (const [index, { path, source }] of spec.mounts.entries())
      if ((await listingOf(source)) !== mountListings[index])
        throw new Error(`What the job sees at ${path} is not whole on this node.`);
    const executor = await opened;
    await using relay = await openNodeRelay(folder, spec.sockets);
    let unwritten: Error | null = null;
    let cancel = (): void => {};
    const log = join(folder, files.log);
    const handle = await executor.launch(
      { ...spec, sockets: relay.sockets },
      {
        // in the folder of the job, where the server finds it whatever becomes of this node
        keepIn: staging.kept,
        onLog: (lines) => {
          try {
            appendFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
          } catch (error) {
            // told as the end of the job, which does not go on without its log
            unwritten ??= error as Error;
            cancel();
          }
        },
      },
    );
    cancel = () => handle.cancel();
    if (unwritten !== null) cancel();
    let byServer = false;
    /** The server's word to end the job; a folder that is gone is one too. */
    const listen = async (): Promise<void> => {
      byServer ||= (await isThere(join(folder, files.cancel))) === true || (await isThere(folder)) === false;
      if (byServer || runner.stop.aborted) handle.cancel();
    };
    const timer = setInterval(() => void listen(), lookEveryMs);
    const onStop = (): void => void listen();
    runner.stop.addEventListener('abort', onStop);
    await listen();
    try {
      const outcome = await handle.wait();
      if (unwritten !== null) throw unwritten as Error;
      const fromOutside = outcome.reason === 'cancelled' && !byServer;
      const why = fromOutside ? { state: 'failed' as const, ...runner.whyStopped() } : {};
      // from the folder of the runner, which goes with it, to that of the job
      const place = join(folder, files.node);
      await rename(join(runner.root, spec.name), place);
      const outputDirectory = join(place, basename(outcome.outputDirectory));
      await end({ ...outcome, ...why, outputDirectory });
    } finally {
      clearInterval(timer);
      runner.stop.removeEventListener('abort', onStop);
    }
  };
  await run().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const why: Why = { failureClass: 'F2_ENVIRONMENT', reason: 'exception', message };
    return end(failedOutcome(spec.name, claim, startedAt, why));
  });
  return true;
}
