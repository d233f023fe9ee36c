// `npm run bench:honesty [-- --quick] [-- --json]`: the statistics of verdicts in worlds where the claim is false or
// true, then the cheating arm against a running platform. Exits 1 when either does not hold. With `--json` the last line
// is one object with the objects of both parts.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const parts = {
  statistics: '../packages/evidence/bench/honesty.ts',
  cheating: '../packages/platform/test/cheating/bench.ts',
} as const;
const json = process.argv.includes('--json');
const results: Record<string, unknown> = {};
let failed = false;

for (const [name, file] of Object.entries(parts)) {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [script, ...process.argv.slice(2)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let waiting = '';
  let last = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (waiting + text).split('\n');
    waiting = lines.pop() ?? '';
    for (const line of lines) {
      // The line before is printed once another follows: the last one may be the object.
      if (last !== '' || !json) console.log(json ? last : line);
      last = line;
    }
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (json && last.startsWith('{')) results[name] = JSON.parse(last);
  else if (json) console.log(last);
  if (code !== 0) failed = true;
}
if (json) console.log(JSON.stringify({ holds: !failed, ...results }));
process.exitCode = failed ? 1 : 0;
