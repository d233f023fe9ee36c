/**
 * A process of its own that launches a batch of jobs and is killed at the moment of its submission. Usage:
 * node crash-server.ts FOLDER SLURM_CONF before|after JOB...
 */
import { jobSpecSchema } from '@genesis/contracts';
import { createSlurmExecutor } from './slurm-executor.ts';
import { toolRunner } from './tool.ts';

const [folder = '', slurmConf = '', moment, ...names] = process.argv.slice(2);
const runTool = toolRunner(slurmConf, 30_000);
const executor = await createSlurmExecutor({
  stagingRoot: folder,
  slurmConf,
  runTool: async (command, args) => {
    const die = command === 'sbatch' && process.kill.bind(process, process.pid, 'SIGKILL');
    if (die && moment === 'before') die();
    const said = await runTool(command, args);
    if (die) die();
    return said;
  },
});
await executor.launchBatch(
  names.map((name) => ({
    spec: jobSpecSchema.parse({
      name,
      executable: 'sh',
      arguments: ['-c', 'echo started'],
      resources: { memoryBytes: 2 ** 26, outputBytes: 2 ** 20, durationSeconds: 60 },
    }),
  })),
);
