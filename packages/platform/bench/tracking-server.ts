/** The platform of `tracking.ts`, in a process of its own. Tells its address and a token, and stops with its standard input. */
import { person } from '../test/campaign-world.ts';
import { runServer } from '../test/noninterference/running-server.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder');
const server = await runServer(folder, 'error');
const steward = await person(server, 'steward', { roles: ['steward'] });
const clearance = { level: 'internal', categories: [] };
const { token } = await person(server, 'researcher', { cleared: { by: steward, clearance } });
process.stdout.write(`${JSON.stringify({ url: server.url, token })}\n`);
for await (const _ of process.stdin);
await server.close();
