/**
 * How many metric points the tracking takes in a second, sent as MLflow's client sends them: batches of 1000 points as JSON over a
 * few connections that stay open, to a platform in a process of its own with a database of its own. Every point is counted
 * afterwards, and every batch is sent a second time, which must add nothing.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `Usage: node packages/platform/bench/tracking.ts [--quick] [--json]

  --quick  fewer points, for trying it out
  --json   one object with everything measured, on the last line

It ends with status 1 when a figure does not hold.`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(usage);
  process.exit(0);
}

const promisedPerSecond = 20_000;
const connections = 4;
const batchSize = 1000;
const keys = 10;
const batches = options.quick ? 40 : 400;
const singles = options.quick ? 100 : 500;

type Server = { url: string; token: string; stop(): Promise<void> };

async function start(folder: string): Promise<Server> {
  const program = fileURLToPath(new URL('./tracking-server.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, token } = JSON.parse(line) as { url: string; token: string };
    const stop = async (): Promise<void> => {
      child.stdin.end();
      await ended;
    };
    return { url, token, stop };
  }
  throw new Error('the platform did not start');
}

const agent = new Agent({ keepAlive: true, maxSockets: connections });

/** One call, as a client with connections that stay open makes it. */
const call = <Answer>({ url, token }: Server, path: string, body: string | undefined): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const sent = request(`${url}/api/2.0/mlflow/${path}`, { method, agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode === 200) resolve(JSON.parse(text) as Answer);
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });

const newRun = async (server: Server, experiment: string): Promise<string> => {
  const body = JSON.stringify({ experiment_id: experiment, start_time: Date.now() });
  const made = await call<{ run: { info: { run_id: string } } }>(server, 'runs/create', body);
  return made.run.info.run_id;
};

/** The body of a batch: points of some metrics at steps that follow those of the batch before. */
const batchOf = (run: string, number: number): string => {
  const steps = batchSize / keys;
  const metrics = Array.from({ length: batchSize }, (_, at) => ({
    key: `loss_${at % keys}`,
    value: Math.sin(number * batchSize + at),
    timestamp: 1_700_000_000_000 + number * steps + Math.floor(at / keys),
    step: number * steps + Math.floor(at / keys),
  }));
  return JSON.stringify({ run_id: run, metrics });
};

/** Sends bodies over all connections. Returns the seconds that it took and how long each call did, in milliseconds. */
async function sendAll(server: Server, path: string, bodies: readonly string[]) {
  let next = 0;
  const times: number[] = [];
  const sender = async (): Promise<void> => {
    while (next < bodies.length) {
      const body = bodies[next++]!;
      const began = performance.now();
      await call(server, path, body);
      times.push(performance.now() - began);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, sender));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { seconds: (performance.now() - began) / 1000, median: at(0.5), p99: at(0.99) };
}

/** All points of a run, read back page by page. */
async function countPoints(server: Server, run: string): Promise<number> {
  let count = 0;
  for (let key = 0; key < keys; key++) {
    let token: string | undefined;
    do {
      const query = new URLSearchParams({ run_id: run, metric_key: `loss_${key}`, max_results: '25000' });
      if (token !== undefined) query.set('page_token', token);
      type Page = { metrics: unknown[]; next_page_token?: string };
      const page = await call<Page>(server, `metrics/get-history?${query.toString()}`, undefined);
      count += page.metrics.length;
      token = page.next_page_token;
    } while (token !== undefined);
  }
  return count;
}

const folder = await mkdtemp(join(tmpdir(), 'genesis-bench-tracking-'));
const loadBefore = loadavg()[0]!;
let server: Server | undefined;
try {
  server = await start(folder);
  const one = server;
  const made = await call<{ experiment_id: string }>(
    one,
    'experiments/create',
    JSON.stringify({ name: 'bench' }),
  );
  const runs = await Promise.all(Array.from({ length: connections }, () => newRun(one, made.experiment_id)));
  const bodiesOf = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) =>
      batchOf(runs[at % connections]!, from + Math.floor(at / connections)),
    );
  const warm = connections * 5;
  await sendAll(one, 'runs/log-batch', bodiesOf(0, warm));
  const bodies = bodiesOf(warm / connections, batches);
  const first = await sendAll(one, 'runs/log-batch', bodies);
  const again = await sendAll(one, 'runs/log-batch', bodies);
  const shared = await newRun(one, made.experiment_id);
  const together = await sendAll(
    one,
    'runs/log-batch',
    Array.from({ length: batches / 4 }, (_, at) => batchOf(shared, at)),
  );
  const point = (at: number) =>
    JSON.stringify({ run_id: shared, key: 'single', value: at, timestamp: at, step: at });
  const single = await sendAll(
    one,
    'runs/log-metric',
    Array.from({ length: singles }, (_, at) => point(at)),
  );
  const counted = await Promise.all([...runs, shared].map((run) => countPoints(one, run)));
  const kept = counted.reduce((sum, count) => sum + count, 0);
  const sent = (warm + batches + batches / 4) * batchSize;
  const rate = (count: number, { seconds }: { seconds: number }) => Math.round((count * batchSize) / seconds);
  const figures = {
    processors: cpus().length,
    loadBefore,
    loadAfter: loadavg()[0]!,
    connections,
    points: batches * batchSize,
    perSecond: rate(batches, first),
    promisedPerSecond,
    batchMilliseconds: { median: first.median, p99: first.p99 },
    againPerSecond: rate(batches, again),
    sharedRunPerSecond: rate(batches / 4, together),
    singlePerSecond: Math.round(singles / single.seconds),
    singleMilliseconds: { median: single.median, p99: single.p99 },
    sent,
    kept,
    holds: rate(batches, first) >= promisedPerSecond && kept === sent,
  };
  const ms = ({ median, p99 }: { median: number; p99: number }) =>
    `${median.toFixed(1)} ms (p99 ${p99.toFixed(1)})`;
  console.log(
    `Tracking, ${figures.processors} processors, load ${loadBefore.toFixed(1)} before, ${connections} connections, batches of ${batchSize}:`,
  );
  const rows = [
    ['points accepted', `${figures.perSecond}/s`, `at least ${promisedPerSecond}/s`, `a batch ${ms(first)}`],
    ['the same batches again', `${figures.againPerSecond}/s`, '', 'adds nothing'],
    ['all into one run', `${figures.sharedRunPerSecond}/s`, '', `a batch ${ms(together)}`],
    ['single points (log_metric)', `${figures.singlePerSecond}/s`, '', `a call ${ms(single)}`],
    ['points kept', `${kept}`, `exactly ${sent}`, 'neither lost nor doubled'],
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`);
  console.log(figures.holds ? 'It holds.' : 'It does NOT hold.');
  if (options.json) console.log(JSON.stringify(figures));
  process.exitCode = figures.holds ? 0 : 1;
} finally {
  await server?.stop();
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}
