/**
 * A process of its own that launches one job and waits for its death. Usage: node crash-server.ts FOLDER sandboxed|bare SECONDS
 * It writes "launching" before and "launched CLAIM" after the launch.
 */
import { jobSpecSchema } from '@genesis/contracts';
import { createLocalExecutor } from './local-executor.ts';

const [folder, mode, seconds] = process.argv.slice(2);
if (folder === undefined || mode === undefined)
  throw new Error('usage: crash-server.ts FOLDER sandboxed|bare');
const executor = await createLocalExecutor({
  stagingRoot: folder,
  ...(mode === 'bare' ? { allowUnsandboxed: true, bubblewrapPlaces: ['/nowhere/bwrap'] } : {}),
});
console.log('launching');
const handle = await executor.launch(
  jobSpecSchema.parse({
    name: 'doomed',
    executable: 'sh',
    // a daemon in a session of its own, besides the main program
    arguments: ['-c', `(setsid sleep ${seconds} &); sleep ${seconds}`],
  }),
);
console.log(`launched ${handle.claim}`);
await handle.wait();
