// A real one-node Slurm in a folder, for development and tests. It installs nothing.
//
//   node scripts/slurm/slurm.ts start FOLDER    prints {"SLURM_CONF": ...} or, with exit code 3, {"missing": why}
//   node scripts/slurm/slurm.ts restart FOLDER  starts again what has died
//   node scripts/slurm/slurm.ts stop FOLDER     ends its jobs and exactly the daemons that were started for it
//
// Debian: apt-get install --no-install-recommends slurm-wlm slurm-wlm-basic-plugins munge bubblewrap
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cgroupConf, gpuFiles, gresConf, type Plan, slurmConf } from './configuration.ts';
import { endAll, processesOf } from './processes.ts';

const path = '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin';
const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel', 'sinfo'];

/** Why no Slurm can be started here. */
class Missing extends Error {}

function locate(program: string): string {
  const found = path
    .split(':')
    .map((folder) => join(folder, program))
    .find(existsSync);
  if (found === undefined)
    throw new Missing(`${program} is not installed (packages slurm-wlm and munge of Debian have it)`);
  return found;
}

const freePort = (): Promise<number> =>
  new Promise((resolvePort, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolvePort(port));
    });
  });

/** Whether the controllers of control groups, version 1, that slurmd wants are there and can be written. */
function canUseCgroups(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    for (const name of ['memory', 'freezer', 'cpuset']) accessSync(`/sys/fs/cgroup/${name}`, constants.W_OK);
    return true;
  } catch {
    // not mounted, or read-only: jobs are followed without control groups
    return false;
  }
}

const environment = (folder: string) => ({ PATH: path, LC_ALL: 'C', SLURM_CONF: `${folder}/slurm.conf` });

/** Runs one command of this Slurm; its standard output, or null when it fails. */
function ask(folder: string, command: string, ...args: string[]): string | null {
  const done = spawnSync(locate(command), args, { env: environment(folder), timeout: 10_000 });
  return done.status === 0 ? done.stdout.toString('utf8') : null;
}

function launch(folder: string, program: string, args: string[]): void {
  const env = environment(folder);
  try {
    execFileSync(locate(program), args, { env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const said = (error as { stderr?: Buffer }).stderr?.toString('utf8').trim();
    throw new Missing(`${program} does not start: ${said || String(error)}`, { cause: error });
  }
}

const running = (folder: string): Set<string> =>
  new Set(
    processesOf(folder).map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim().replace(/\d+$/, '')),
  );

/** Starts whatever does not run, and waits until the node takes jobs. */
async function launchDaemons(folder: string): Promise<void> {
  const alive = running(folder);
  if (!alive.has('munged'))
    launch(folder, 'munged', [
      ...['--force', `--socket=${folder}/run/munge.socket`, `--key-file=${folder}/munge.key`],
      ...[`--pid-file=${folder}/run/munged.pid`, `--log-file=${folder}/log/munged.log`],
      `--seed-file=${folder}/run/munge.seed`,
    ]);
  for (const daemon of ['slurmctld', 'slurmd'])
    if (!alive.has(daemon)) launch(folder, daemon, ['-f', `${folder}/slurm.conf`]);
  for (let tries = 0; tries < 150; tries += 1) {
    const state = ask(folder, 'sinfo', '-h', '-o', '%T')?.trim() ?? '';
    if (/^(idle|mixed|allocated|completing)$/.test(state)) return;
    // after a crash of the controller a node can stay drained: an operator would take it back
    if (/^(down|drain)/.test(state)) {
      const node = ask(folder, 'sinfo', '-h', '-N', '-o', '%N')?.trim() ?? '';
      ask(folder, 'scontrol', 'update', `nodename=${node}`, 'state=resume');
    }
    await pause(100);
  }
  throw new Missing(`its node takes no jobs; see ${folder}/log`);
}

async function start(folder: string): Promise<void> {
  for (const program of programs) locate(program);
  if (existsSync(join(folder, 'slurm.conf')))
    throw new Error(`${folder} holds a Slurm already: use "restart", or "stop" and remove the folder`);
  for (const name of ['', 'controller', 'spool', 'log', 'run'])
    mkdirSync(join(folder, name), { recursive: true, mode: 0o755 });
  for (const [name, device] of Object.entries(gpuFiles)) symlinkSync(device, join(folder, name));
  writeFileSync(join(folder, 'munge.key'), randomBytes(128), { mode: 0o400 });
  const attempt = async (cgroups: Plan['cgroups']): Promise<void> => {
    const plan: Plan = {
      folder,
      user: userInfo().username,
      controllerPort: await freePort(),
      nodePort: await freePort(),
      cores: 8,
      memoryMebibytes: 8_000,
      cgroups,
      firstJobId: randomInt(1, 50_000) * 1_000,
    };
    writeFileSync(join(folder, 'slurm.conf'), slurmConf(plan));
    writeFileSync(join(folder, 'gres.conf'), gresConf(folder));
    if (cgroups !== null) writeFileSync(join(folder, 'cgroup.conf'), cgroupConf());
    await launchDaemons(folder);
  };
  if (!canUseCgroups()) return await attempt(null);
  try {
    await attempt('v1');
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    // control groups that look writable may still be refused to slurmd, for example inside a container
    await endAll(folder);
    await attempt(null);
  }
}

async function stop(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'slurm.conf'))) return;
  const jobs = (): string | null => ask(folder, 'squeue', '-h', '-o', '%A')?.trim() ?? null;
  if (running(folder).has('slurmctld')) {
    ask(folder, 'scancel', `--user=${userInfo().username}`);
    for (let tries = 0; tries < 100 && jobs() !== ''; tries += 1) await pause(100);
  }
  await endAll(folder);
}

const [action, given] = process.argv.slice(2);
if (given === undefined || !['start', 'restart', 'stop'].includes(action ?? '')) {
  console.error('usage: slurm.ts start|restart|stop FOLDER');
  process.exit(2);
}
const folder = resolve(given);
try {
  if (action === 'stop') await stop(folder);
  else {
    await (action === 'start' ? start(folder) : launchDaemons(folder));
    console.log(JSON.stringify({ SLURM_CONF: `${folder}/slurm.conf` }));
  }
} catch (error) {
  if (action === 'start') await endAll(folder);
  if (!(error instanceof Missing)) throw error;
  console.log(JSON.stringify({ missing: error.message }));
  process.exit(3);
}
