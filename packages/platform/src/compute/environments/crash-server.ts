/** A process that makes one environment and dies at a crash point, or is killed: `FOLDER WHEELS LOCK CRASHPOINT`. */
import { createCrashPoints, createLog } from '../../kernel/index.ts';
import { createEnvironments } from './environments.ts';

const [, , folder = '', wheelFolder = '', lock = '', point] = process.argv;
const environments = createEnvironments({
  ...{ folder, wheelFolder, log: createLog({ level: 'silent' }), limitBytes: 2 ** 30 },
  crash: createCrashPoints(point === '' ? undefined : point),
  guard: { assertRoom: async () => undefined },
});
await environments.start();
const { key } = await environments.ensure(
  { lock, python: '3.11' },
  { onProgress: (line) => void process.stdout.write(`${line}\n`) },
);
process.stdout.write(`made ${key}\n`);
await environments.close();
