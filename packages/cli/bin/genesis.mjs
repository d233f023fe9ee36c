#!/usr/bin/env node
// Starts the command with a Node that runs TypeScript: this one where it is 24 or newer, else the one that is installed
// with the project. Plain JavaScript for Node 20.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const own = fileURLToPath(
  new URL(`../../../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url),
);
const entry = fileURLToPath(new URL('../src/bin.ts', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import('../src/bin.ts');
} else if (!existsSync(own)) {
  process.stderr.write(
    `Genesis needs Node 24; this is ${process.version}. Run "npm install" in its checkout first.\n`,
  );
  process.exitCode = 1;
} else {
  const child = spawn(own, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${own} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
