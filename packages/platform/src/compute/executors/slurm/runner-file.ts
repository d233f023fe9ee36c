/** The program that jobs run on their nodes, in one file, so that a node reads and compiles little. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from './write-whole.ts';

const source = fileURLToPath(new URL('./node-runner.ts', import.meta.url));

async function bundle(): Promise<string> {
  // loaded only where there is a Slurm
  const { rolldown } = await import('rolldown');
  const build = await rolldown({ input: source, platform: 'node', treeshake: { moduleSideEffects: false } });
  try {
    const { output } = await build.generate({ format: 'cjs', minify: true, codeSplitting: false });
    return output[0].code;
  } finally {
    await build.close();
  }
}
let bundled: Promise<string> | undefined;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Puts the runner and the script that starts it into the staging folder, and gives the path of the script. The runner
 * is named after its content: jobs that wait in the queue keep the one that they were submitted with.
 */
export async function placeRunner(stagingRoot: string, node: string): Promise<string> {
  bundled ??= bundle();
  const code = await bundled;
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const runner = join(stagingRoot, `.runner-${hash}.cjs`);
  const there = await stat(runner).then(
    () => true,
    () => false,
  );
  if (!there) await writeWhole(runner, code, 0o600);
  // what Node has compiled once is read from there by every job after it
  const cache = quoted(join(stagingRoot, '.compiled'));
  // with room for what the start leaves in memory, nothing is collected during it
  const command = `exec ${quoted(node)} --min-semi-space-size=16 ${quoted(runner)} "$@"`;
  const script = `#!/bin/sh\nNODE_COMPILE_CACHE=${cache} ${command}\n`;
  const path = join(stagingRoot, '.runner.sh');
  await writeWhole(path, script, 0o700);
  return path;
}
