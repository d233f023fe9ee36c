/**
 * Whether MLflow's own client works against this platform as against MLflow's own server.
 *
 *   npm run conformance:mlflow -- [--quick] [--json]
 *
 * Every call of `client_calls.py` is made against both in the same run, checked by what it must return, and compared. Then
 * unchanged scripts with `mlflow.autolog()` run against the platform: scikit-learn, LightGBM and, where torch can be had,
 * PyTorch Lightning; what they left is read back. Ends with status 1 when a check fails or an answer differs that is not
 * named below.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { person } from '../campaign-world.ts';
import { runServer } from '../noninterference/running-server.ts';
import { pythonWith } from '../python-environment.ts';
import { autologChecks, type Check } from './autolog-checks.ts';
import { mlflowOf } from './mlflow-client.ts';

const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** Answers that differ from MLflow's server, and why they do. */
const knownDifferences: Readonly<Record<string, string>> = {
  'log_metric: infinite': 'kept as it is; MLflow over SQL keeps the largest finite number instead',
};

type Call = { name: string; ok: boolean; answer: unknown; why: string | null };
type Report = { mlflow: string; calls: Call[] };

async function callsAgainst(python: string, uri: string, report: string, token?: string): Promise<Report> {
  const env = { ...process.env, ...(token === undefined ? {} : { MLFLOW_TRACKING_TOKEN: token }) };
  await run(python, [here('client_calls.py'), uri, report], { env, maxBuffer: 2 ** 26, timeout: 600_000 });
  return JSON.parse(await readFile(report, 'utf8')) as Report;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** MLflow's own server over SQLite, in a group of processes of its own. */
async function startTheirs(python: string, folder: string): Promise<{ uri: string; stop: () => void }> {
  const port = await freePort();
  const args = [
    ...['server', '--backend-store-uri', `sqlite:///${folder}/mlflow.db`, '--serve-artifacts'],
    ...[
      '--artifacts-destination',
      join(folder, 'artifacts'),
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--workers',
      '1',
    ],
  ];
  const child: ChildProcess = spawn(join(dirname(python), 'mlflow'), args, {
    cwd: folder,
    stdio: 'ignore',
    detached: true,
  });
  const stop = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  const uri = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 240; tries++) {
    if (child.exitCode !== null) throw new Error(`mlflow server ended with ${child.exitCode}`);
    const answers = await fetch(`${uri}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return { uri, stop };
    await wait(500);
  }
  stop();
  throw new Error('mlflow server did not start within two minutes');
}

/** The Python of the part with Lightning: that of the rest, and torch beside it. */
async function withLightning(
  python: string,
  folder: string,
): Promise<{ program: string } | { missing: string }> {
  const target = join(folder, 'lightning');
  const constraints = here('requirements.txt');
  const pinned = (await readFile(constraints, 'utf8')).replaceAll(/ \\\n {4}--hash=\S+/g, '');
  const file = join(folder, 'constraints.txt');
  await writeFile(file, pinned);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', target];
  try {
    await run(
      python,
      [...install, '--constraint', file, '--requirement', here('requirements-lightning.txt')],
      {
        timeout: 900_000,
        maxBuffer: 2 ** 26,
      },
    );
    return { program: target };
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr ?? error).trim();
    return { missing: text.split('\n').at(-1) ?? 'pip failed' };
  }
}

const python = await pythonWith(here('requirements.txt'));
if ('missing' in python) {
  say(`Not run: ${python.missing}`);
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), 'genesis-mlflow-'));
const ours = await runServer(join(folder, 'genesis'), 'error');
let theirs: Awaited<ReturnType<typeof startTheirs>> | undefined;
try {
  const steward = await person(ours, 'steward', { roles: ['steward'] });
  const clearance = { level: 'internal', categories: [] };
  const { token } = await person(ours, 'scientist', { cleared: { by: steward, clearance } });
  await mkdir(join(folder, 'theirs'));
  say("Starting MLflow's own server ...");
  theirs = await startTheirs(python.program, join(folder, 'theirs'));
  say('Calls of the client, against both ...');
  const mine = await callsAgainst(python.program, ours.url, join(folder, 'ours.json'), token);
  const other = await callsAgainst(python.program, theirs.uri, join(folder, 'theirs.json'));
  const byName = new Map(other.calls.map((call) => [call.name, call]));
  const differing = mine.calls.filter(
    ({ name, answer }) => JSON.stringify(answer) !== JSON.stringify(byName.get(name)?.answer),
  );
  const failed = mine.calls.filter(({ ok }) => !ok);
  const unexplained = differing.filter(({ name }) => knownDifferences[name] === undefined);

  const scripts: { name: string; seconds: number; checks: Check[]; failure: string | null }[] = [];
  const left: string[] = [];
  const mlflow = mlflowOf({ url: ours.url }, token);
  for (const name of options.quick ? ['lightgbm'] : Object.keys(autologChecks)) {
    say(`autolog_${name}.py ...`);
    let path: string | undefined;
    if (name === 'lightning') {
      const found = await withLightning(python.program, folder);
      if ('missing' in found) {
        left.push(`${name}: ${found.missing}`);
        continue;
      }
      path = found.program;
    }
    const began = performance.now();
    const env = {
      ...process.env,
      ...{ MLFLOW_TRACKING_URI: ours.url, MLFLOW_TRACKING_TOKEN: token },
      ...(path === undefined ? {} : { PYTHONPATH: path }),
    };
    const failure = await run(python.program, [here(`autolog_${name}.py`)], {
      ...{ env, cwd: folder, maxBuffer: 2 ** 26, timeout: 900_000 },
    }).then(
      () => null,
      (error: unknown) => String((error as { stderr?: string }).stderr ?? error).slice(-2000),
    );
    const seconds = (performance.now() - began) / 1000;
    const checks = failure === null ? await autologChecks[name]!(mlflow) : [];
    scripts.push({ name, seconds, checks, failure });
  }

  const broken = scripts.filter(({ failure, checks }) => failure !== null || checks.some(({ ok }) => !ok));
  const holds =
    failed.length === 0 && unexplained.length === 0 && broken.length === 0 && mine.calls.length >= 40;
  console.log(
    `MLflow ${mine.mlflow}: ${mine.calls.length} calls of its client, ${mine.calls.length - failed.length} as they must be,`,
  );
  console.log(`${mine.calls.length - differing.length} answered as by MLflow's own server over SQLite.`);
  for (const { name, answer, why } of failed)
    console.log(`  FAILED ${name}: ${JSON.stringify(answer)} ${why ?? ''}`);
  for (const { name, answer } of differing) {
    const known = knownDifferences[name];
    console.log(
      `  ${known === undefined ? 'DIFFERS' : 'differs, as meant'}: ${name}${known === undefined ? '' : ` (${known})`}`,
    );
    console.log(`    here ${JSON.stringify(answer)}\n    there ${JSON.stringify(byName.get(name)?.answer)}`);
  }
  for (const { name, seconds, checks, failure } of scripts) {
    const good = checks.filter(({ ok }) => ok).length;
    console.log(
      `autolog with ${name}: ${failure === null ? `${good} of ${checks.length} checks` : 'FAILED'}, ${seconds.toFixed(0)} s`,
    );
    for (const { what, ok, found } of checks)
      if (!ok) console.log(`  FAILED ${what}: ${JSON.stringify(found)}`);
    if (failure !== null) console.log(failure);
  }
  for (const what of left) console.log(`not tried: ${what}`);
  console.log(holds ? 'It holds.' : 'It does NOT hold.');
  if (options.json)
    console.log(
      JSON.stringify({
        mlflow: mine.mlflow,
        calls: mine.calls,
        differing: differing.map(({ name }) => name),
        scripts,
        left,
        holds,
      }),
    );
  process.exitCode = holds ? 0 : 1;
} finally {
  theirs?.stop();
  await ours.close();
  await wait(500);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
