/** A platform that a test kills: it goes on in the same folder, with the same token. Tells both when it answers. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { person } from '../campaign-world.ts';
import { runServer } from '../noninterference/running-server.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder');
const server = await runServer(folder);
const kept = join(folder, 'token.txt');
if (!existsSync(kept)) await writeFile(kept, (await person(server, 'trainer')).token);
process.stdout.write(`${JSON.stringify({ url: server.url, token: await readFile(kept, 'utf8') })}\n`);
for await (const _ of process.stdin);
await server.close();
