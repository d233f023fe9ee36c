/**
 * Small predictions of a served boosted-tree model: a real platform in its own process (embedded PostgreSQL, HTTP, tokens,
 * decisions, ledger), callers in another, and ONNX Runtime alone beside it in the same run. Ends with status 1 when the
 * promised rate does not hold.
 *
 * Usage: node packages/platform/bench/serving.ts [--quick] [--json]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { call } from '../test/crash/client.ts';
import { ServerUnderTest } from '../test/crash/server-under-test.ts';
import { sha256 } from '../test/model-made.ts';
import { boostedTrees } from '../test/onnx-made.ts';
import { cpuOf } from './cpu-of.ts';
import type { Load, LoadFigures } from './serving-load.ts';

const run = promisify(execFile);
const promised = 5000;
const callers = 64;
const trees = { inputs: 10, trees: 100, depth: 5 };

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const seconds = options.quick ? 4 : 15;
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Leaves the files of its input as a training run would. */
const leaving = `import base64, json, os
files = json.load(open('inputs/input.json'))['files']
for path, text in files.items():
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    open(path, 'wb').write(base64.b64decode(text))
`;

function filesOf(): Record<string, string> {
  const { bytes } = boostedTrees(trees);
  const description = {
    ...{ format: 'genesis-model/1', task: 'regression' },
    inputs: Array.from({ length: trees.inputs }, (_, at) => ({
      ...{ name: `input ${at}`, kind: 'number', minimum: 0, maximum: 1 },
    })),
    outputs: [{ name: 'y' }],
    files: [{ path: 'model.onnx', format: 'onnx', sha256: sha256(bytes) }],
    serving: {
      file: 'model.onnx',
      input: 'x',
      outputs: { mean: 'y' },
      interval: { level: 0.9, halfWidth: 1 },
    },
  };
  const files = { 'output.json': '{}', 'model/model.json': JSON.stringify(description) };
  return {
    ...Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path, Buffer.from(text).toString('base64')]),
    ),
    'model/model.onnx': bytes.toString('base64'),
  };
}

type Ask = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** A steward and a researcher who is cleared for what is internal. */
async function people(admin: Ask, asToken: (token: string) => Ask): Promise<{ ask: Ask; token: string }> {
  const me = await admin<{ organisation: string }>('GET', '/v1/me');
  const make = async (role: string) => {
    const person = { name: role, kind: 'person', organisation: me.organisation };
    const { id } = await admin<{ id: string }>('POST', '/v1/principals', person);
    await admin('POST', `/v1/principals/${id}/roles`, { organisation: me.organisation, role });
    return id;
  };
  const token = async (by: Ask, id: string): Promise<string> =>
    (
      await by<{ secret: string }>('POST', `/v1/principals/${id}/tokens`, {
        name: 'bench',
        scopes: ['*'],
        days: 1,
      })
    ).secret;
  const [stewardId, researcherId] = [await make('steward'), await make('researcher')];
  const steward = asToken(await token(admin, stewardId));
  await steward('PUT', `/v1/principals/${researcherId}/clearance`, {
    clearance: { level: 'internal', categories: [] },
  });
  const secret = await token(steward, researcherId);
  return { ask: asToken(secret), token: secret };
}

/** Registers the model under a label and serves it; gives its id. */
async function serve(ask: Ask, name: string, level: 'public' | 'internal'): Promise<string> {
  await ask('POST', '/v1/capabilities', {
    ...{ name, version: '1.0.0', summary: 'Leaves a model.', profile: 'training' },
    implementation: { kind: 'command', executable: '/usr/bin/python3', arguments: ['-c', leaving] },
    ...{ input: { type: 'object' }, output: { type: 'object' } },
    labelRule: { atLeast: { level } },
  });
  const input = { files: filesOf() };
  const { id } = await ask<{ id: string }>('POST', '/v1/runs', { capability: name, input, purpose: 'train' });
  for (const end = Date.now() + 60_000; ; ) {
    const { items } = await ask<{ items: { id: string; run: string }[] }>('GET', '/v1/models?limit=200');
    const found = items.find((one) => one.run === id);
    if (found !== undefined) {
      await ask('POST', `/v1/models/${found.id}/serve`);
      return found.id;
    }
    if (Date.now() > end) {
      const shown = await ask<unknown>('GET', `/v1/runs/${id}?purpose=train`);
      throw new Error(`no model came of the run: ${JSON.stringify(shown).slice(0, 1000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const child = async (program: string, input: object): Promise<LoadFigures> =>
  JSON.parse((await run(process.execPath, [here(program), JSON.stringify(input)])).stdout) as LoadFigures;

type Measured = LoadFigures & { platformSeconds: number };

async function measure(server: ServerUnderTest, token: string, id: string): Promise<Measured> {
  const bodies = Array.from({ length: 50 }, (_, at) => {
    const row = Object.fromEntries(
      Array.from({ length: trees.inputs }, (_, input) => [
        `input ${input}`,
        ((at * 31 + input * 17) % 101) / 101,
      ]),
    );
    return JSON.stringify({ rows: [row] });
  });
  const load: Load = { url: server.url, path: `/v1/models/${id}/predict`, token, callers, seconds, bodies };
  await child('./serving-load.ts', { ...load, seconds: 2 });
  const before = cpuOf(folder);
  const figures = await child('./serving-load.ts', load);
  return { ...figures, platformSeconds: cpuOf(folder) - before };
}

const folder = await mkdtemp(join(tmpdir(), 'genesis-serving-'));
const server = new ServerUnderTest(folder, { flags: ['--allow-unsandboxed', 'true'] });
try {
  say('Starting a platform, registering and serving the model ...');
  await server.start();
  const asToken =
    (token: string): Ask =>
    (method, path, body) =>
      call(server.url, token, method, path, body);
  const admin = asToken((await readFile(join(folder, 'admin.token'), 'utf8')).trim());
  const { ask, token } = await people(admin, asToken);
  const [open, kept] = [await serve(ask, 'open-trees', 'public'), await serve(ask, 'kept-trees', 'internal')];
  say(`${callers} callers, ${seconds} s each ...`);
  const measured: (Measured & { what: string })[] = [
    {
      what: 'ONNX Runtime alone, one row at a time',
      ...(await child('./serving-bare.ts', { trees, seconds })),
      platformSeconds: 0,
    },
    { what: `served, public, ${callers} callers`, ...(await measure(server, token, open)) },
    {
      what: `served, internal (each use in the ledger), ${callers} callers`,
      ...(await measure(server, token, kept)),
    },
  ];
  const figures = measured.map((one) => {
    const used = one.platformSeconds + one.cpuSeconds;
    // What two cores give that do nothing else, callers included: the clock also counts what others run here.
    return { ...one, rate: one.answers / one.seconds, rateOfTwoCores: (2 * one.answers) / used };
  });
  const holds = figures.slice(1).every(({ rate, failures }) => rate >= promised && failures === 0);
  const machine = { cores: cpus().length, model: cpus()[0]?.model ?? '', load: loadavg()[0] };
  if (options.json)
    process.stdout.write(`${JSON.stringify({ trees, callers, promised, holds, machine, figures })}\n`);
  else {
    const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
    process.stdout.write(
      `${trees.trees} trees of depth ${trees.depth}, ${trees.inputs} inputs, one row a call; ${machine.cores} cores, load ${machine.load?.toFixed(1)}\n\n`,
    );
    process.stdout.write(
      line([
        'what',
        'predictions/s by the clock',
        'of two free cores',
        'p50 ms',
        'p99 ms',
        'longest ms',
        'failed',
      ]),
    );
    process.stdout.write(line(Array<string>(7).fill('---')));
    for (const { what, rate, rateOfTwoCores, p50, p99, most, failures } of figures)
      process.stdout.write(
        line([
          what,
          rate.toFixed(0),
          rateOfTwoCores.toFixed(0),
          p50.toFixed(2),
          p99.toFixed(2),
          most.toFixed(1),
          String(failures),
        ]),
      );
    process.stdout.write(
      `\n${holds ? 'Holds' : 'DOES NOT HOLD'}: at least ${promised} predictions/s at ${callers} callers.\n`,
    );
  }
  process.exitCode = holds ? 0 : 1;
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
