// A real S3 object store (Ceph's radosgw over one storage daemon in memory) in a folder, for development and tests.
// It installs nothing, and forgets its objects when its storage daemon ends.
//
//   node scripts/object-store/object-store.ts start FOLDER    prints {"endpoint", "accessKeyId", "secretAccessKey", ...}
//                                                             or, with exit code 3, {"missing": why}
//   node scripts/object-store/object-store.ts restart FOLDER  starts the gateway again, where it has died
//   node scripts/object-store/object-store.ts stop FOLDER     ends exactly the daemons that were started for it
//
// Debian: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cephConf } from './configuration.ts';
import { type Daemon, daemons, endDaemon, pidOf } from './daemons.ts';

const path = '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin';
const programs = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'];
const environment = { PATH: path, LC_ALL: 'C' };

/** Why no object store can be started here. */
class Missing extends Error {}

function assertInstalled(): void {
  for (const program of programs) {
    if (path.split(':').some((place) => existsSync(join(place, program)))) continue;
    throw new Missing(
      `${program} is not installed (packages radosgw, ceph-mon and ceph-osd of Debian have it)`,
    );
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolvePort, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolvePort(port));
    });
  });

/** Runs one program of this store to its end, and returns what it says. */
function run(folder: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(program, ['--conf', `${folder}/ceph.conf`, ...args], {
      ...{ env: environment, cwd: folder, timeout: 60_000, encoding: 'utf8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Missing(`${program} fails: ${said || String(error)}`, { cause: error });
  }
}

/** Starts a daemon in a session of its own. */
function launch(folder: string, program: Daemon, ...args: string[]): void {
  const log = openSync(join(folder, 'log', `${program}.out`), 'a');
  const child = spawn(program, ['--conf', `${folder}/ceph.conf`, '--foreground', ...args], {
    ...{ env: environment, cwd: folder, detached: true, stdio: ['ignore', log, log] },
  });
  child.on('error', (error) => {
    throw error;
  });
  writeFileSync(join(folder, 'run', `${program}.pid`), String(child.pid));
  child.unref();
}

type Access = { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
const accessOf = (folder: string): Access =>
  JSON.parse(readFileSync(join(folder, 'access.json'), 'utf8')) as Access;

/** Starts the gateway unless it runs, and waits until it answers. */
async function launchGateway(folder: string): Promise<Access> {
  const access = accessOf(folder);
  if (pidOf(folder, 'radosgw') === undefined) launch(folder, 'radosgw', '--name', 'client.admin');
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await fetch(access.endpoint).catch(() => undefined);
    if (answer?.ok === true) return access;
    await pause(100);
  }
  throw new Missing(`its gateway does not answer; see ${folder}/log`);
}

async function start(folder: string): Promise<Access> {
  assertInstalled();
  if (existsSync(join(folder, 'ceph.conf')))
    throw new Error(
      `${folder} holds an object store already: use "restart", or "stop" and remove the folder`,
    );
  for (const name of ['', 'monitor', 'storage', 'gateway', 'log', 'run'])
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  const plan = {
    folder,
    fsid: randomUUID(),
    monitorPort: await freePort(),
    gatewayPort: await freePort(),
  };
  writeFileSync(join(folder, 'ceph.conf'), cephConf(plan));
  const monitor = `[v2:127.0.0.1:${plan.monitorPort}]`;
  const map = `${folder}/monmap`;
  run(folder, 'monmaptool', '--create', '--fsid', plan.fsid, '--addv', 'a', monitor, map);
  const keyring = `${folder}/keyring`;
  const may = (service: string): string[] => ['--cap', service, 'allow *'];
  run(folder, 'ceph-authtool', '--create-keyring', '--gen-key', '--name', 'mon.', ...may('mon'), keyring);
  for (const name of ['client.admin', 'osd.0'])
    run(folder, 'ceph-authtool', '--gen-key', '--name', name, ...may('mon'), ...may('osd'), keyring);
  run(folder, 'ceph-mon', '--mkfs', '--id', 'a', '--monmap', map, '--keyring', keyring);
  launch(folder, 'ceph-mon', '--id', 'a');
  const disk = randomUUID();
  run(folder, 'ceph', '--connect-timeout', '30', 'osd', 'new', disk);
  run(folder, 'ceph-osd', '--mkfs', '--id', '0', '--osd-uuid', disk);
  launch(folder, 'ceph-osd', '--id', '0');
  const access: Access = {
    endpoint: `http://127.0.0.1:${plan.gatewayPort}`,
    region: 'us-east-1',
    accessKeyId: randomBytes(10).toString('hex').toUpperCase(),
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const person = ['--uid', 'development', '--display-name', 'Development'];
  const keys = ['--access-key', access.accessKeyId, '--secret-key', access.secretAccessKey];
  run(folder, 'radosgw-admin', '--name', 'client.admin', 'user', 'create', ...person, ...keys);
  writeFileSync(join(folder, 'access.json'), JSON.stringify(access), { mode: 0o600 });
  return await launchGateway(folder);
}

async function stop(folder: string): Promise<void> {
  for (const daemon of daemons) await endDaemon(folder, daemon);
}

const [action, given] = process.argv.slice(2);
if (given === undefined || !['start', 'restart', 'stop'].includes(action ?? '')) {
  console.error('usage: object-store.ts start|restart|stop FOLDER');
  process.exit(2);
}
const folder = resolve(given);
try {
  if (action === 'stop') await stop(folder);
  else console.log(JSON.stringify(await (action === 'start' ? start(folder) : launchGateway(folder))));
} catch (error) {
  if (action === 'start') await stop(folder);
  if (!(error instanceof Missing)) throw error;
  console.log(JSON.stringify({ missing: error.message }));
  process.exit(3);
}
