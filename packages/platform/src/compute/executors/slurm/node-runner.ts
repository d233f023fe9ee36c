/**
 * What a Slurm job runs on its node: `node node-runner.ts FOLDER`. It takes the claim of the job, checks the staged
 * inputs, runs the command by the local executor, in the same sandbox and under the same limits as on the server, and
 * leaves the outcome. Whoever comes second (a job that Slurm has started again, say) finds the claim taken and does
 * nothing; of a folder that is gone nothing is run either.
 */
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JobOutcome } from '@genesis/contracts';
import { createLocalExecutor } from '../local/local-executor.ts';
import { identify } from '../local/process-tree.ts';
import { outcomeEnd, Staging } from '../local/staging.ts';
import { failedOutcome } from './failed-outcome.ts';
import { files, launchSchema } from './launch-file.ts';
import { hashOf } from './stage.ts';

const [, , folder = ''] = process.argv;
const staging = new Staging(dirname(folder), basename(folder));
const launch = launchSchema.parse(JSON.parse(await readFile(join(folder, files.launch), 'utf8')));
const { spec, claim } = launch;

const self = await identify(process.pid);
if (self === null) throw new Error('/proc is not there');
const claimed = await staging.claim({
  kind: 'claimed',
  claim,
  process: self,
  sandboxed: !launch.allowUnsandboxed,
  cgroupFolders: [],
});
if (!claimed) throw new Error('this job was claimed or given up before');

const end = async (outcome: JobOutcome): Promise<void> => {
  await staging.end(outcomeEnd({ ...outcome, claim }));
};
const startedAt = new Date();
let stop = false;
let onStop = (): void => {};
process.on('SIGTERM', () => {
  stop = true;
  onStop();
});
const fail = (message: string): Promise<void> =>
  end(
    failedOutcome(spec.name, claim, startedAt, {
      failureClass: 'F2_ENVIRONMENT',
      reason: 'exception',
      message,
    }),
  );

async function run(): Promise<void> {
  for (const [index, { path, source }] of spec.inputs.entries())
    if ((await hashOf(source)) !== launch.inputHashes[index])
      return await fail(`The input ${path} arrived changed: its SHA-256 is another one.`);
  const executor = await createLocalExecutor({
    stagingRoot: join(folder, files.node),
    allowUnsandboxed: launch.allowUnsandboxed,
    graceSeconds: launch.graceSeconds,
    // the job's own group is Slurm's
    useCgroups: false,
    trySandbox: false,
  });
  const log = join(folder, files.log);
  const handle = await executor.launch(spec, {
    onLog: (lines) =>
      appendFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 }),
  });
  onStop = () => handle.cancel();
  if (stop) handle.cancel();
  await end(await handle.wait());
  await executor.close();
}

await run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
