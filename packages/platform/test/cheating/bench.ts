/**
 * The second part of `npm run bench:honesty`: the cheating arm against a running platform, over HTTP and by hand in its
 * database. Exits 1 when one cheat is not caught. `--json` prints one object on the last line; `--quick` changes nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runServer } from '../noninterference/running-server.ts';
import { cheatingArm } from './arm.ts';

const folder = mkdtempSync(join(tmpdir(), 'genesis-cheating-'));
const began = Date.now();
const server = await runServer(folder);
try {
  const results = await cheatingArm(server);
  const holds = results.every(({ tried, caught }) => tried > 0 && tried === caught);
  const seconds = Math.round((Date.now() - began) / 1000);
  const widest = Math.max(...results.map(({ trick }) => trick.length));
  console.log(`\nThe cheating arm against a running platform (${seconds} s)`);
  console.log(`${'trick'.padEnd(widest)}  tried  caught  how`);
  for (const { trick, tried, caught, how } of results)
    console.log(
      `${trick.padEnd(widest)}  ${String(tried).padStart(5)}  ${String(caught).padStart(6)}  ${how}`,
    );
  console.log(holds ? 'Every cheat was caught.' : 'NOT every cheat was caught.');
  if (process.argv.includes('--json')) console.log(JSON.stringify({ holds, cheating: results, seconds }));
  process.exitCode = holds ? 0 : 1;
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
