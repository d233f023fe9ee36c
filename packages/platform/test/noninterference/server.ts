import { afterAll } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { runServer, type Server } from './running-server.ts';

export type { Server } from './running-server.ts';

const running: Server[] = [];
afterAll(async () => {
  for (const server of running.splice(0)) await server.close();
});

/** Starts a platform for a test file; it is stopped and removed after the last test. GENESIS_TEST_LOG shows its log. */
export async function startServer(more: Readonly<Record<string, unknown>> = {}): Promise<Server> {
  const server = await runServer(await temporaryFolder(), process.env['GENESIS_TEST_LOG'], more);
  running.push(server);
  return server;
}
