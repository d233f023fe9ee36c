// Installs the locked dependencies where they are missing or older than the lock file. Plain JavaScript for Node 20:
// it runs before the project's own Node 24 is there.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installed = join(root, 'node_modules', '.package-lock.json');
const lock = join(root, 'package-lock.json');

const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Genesis needs Node 20 or newer to install itself; this is ${process.version}.`);
}
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  process.stderr.write('Installing dependencies (once, about a minute) ...\n');
  try {
    // The versions and hashes of the lock file, which stays as it is. Not `npm ci`: that refuses a lock file without the
    // binaries of other systems, and registries that mirror only some systems cannot write any other.
    execFileSync('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      // Its script would fetch programs for graphics cards from elsewhere; newer versions of npm are told not to run it.
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    });
  } catch {
    fail(
      'npm install failed: see the messages above. It needs the npm registry and a writable folder; run it again afterwards.',
    );
  }
}

// The scripts of package.json go on with node_modules/.bin/node. They name it by its path, because a shell that has just
// found another node keeps to it. npm 10, which comes with Node 20, takes the link away together with the package for
// the other processor; and where npm has no Node for the system, one that is new enough will do.
const link = join(root, 'node_modules', '.bin', 'node');
const own = join('..', `node-linux-${process.arch}`, 'bin', 'node');
if (!existsSync(link)) {
  rmSync(link, { force: true });
  if (existsSync(join(dirname(link), own))) symlinkSync(own, link);
  else if (Number(process.versions.node.split('.')[0]) >= 24) symlinkSync(process.execPath, link);
  else fail(`npm has no Node 24 for ${process.platform} ${process.arch}: install one, and run this with it.`);
}
