import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { mlflowOf } from './mlflow-client.ts';

type Running = { child: ChildProcess; url: string; token: string };

async function start(folder: string): Promise<Running> {
  const program = fileURLToPath(new URL('./killed-server.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, token } = JSON.parse(line) as { url: string; token: string };
    return { child, url, token };
  }
  throw new Error('the platform did not start');
}

const gone = (child: ChildProcess) => new Promise<void>((resolve) => child.once('exit', () => resolve()));

test('a platform that is killed while points come in neither loses nor doubles one', async () => {
  const folder = await temporaryFolder();
  let running = await start(folder);
  const first = mlflowOf({ url: running.url }, running.token);
  const run = await first.run(await first.experiment('killed'));
  const batches = 60;
  let next = 0;
  let repeated = 0;
  // As MLflow's client: what was not answered is sent again.
  const sender = async (): Promise<void> => {
    while (next < batches) {
      const number = next++;
      const metrics = Array.from({ length: 200 }, (_, at) => ({
        ...{
          key: `m${at % 4}`,
          value: at / 7,
          timestamp: number * 200 + at,
          step: number * 50 + Math.floor(at / 4),
        },
      }));
      for (let sent = false; !sent; ) {
        const client = mlflowOf({ url: running.url }, running.token);
        sent = await client.ask('POST', 'runs/log-batch', { run_id: run, metrics }).then(
          () => true,
          () => false,
        );
        if (!sent) {
          repeated += 1;
          await wait(50);
        }
      }
    }
  };
  const senders = Promise.all([sender(), sender(), sender()]);
  for (const [kill, at] of [15, 40].entries()) {
    while (next < at) await wait(5);
    await wait(kill * 7);
    const ended = gone(running.child);
    running.child.kill('SIGKILL');
    await ended;
    running = await start(folder);
  }
  await senders;
  const last = mlflowOf({ url: running.url }, running.token);
  for (let key = 0; key < 4; key++) {
    const query = { run_id: run, metric_key: `m${key}` };
    const { metrics } = await last.ask<{ metrics: { step: number }[] }>('GET', 'metrics/get-history', query);
    expect(metrics.map(({ step }) => step).sort((a, b) => a - b)).toEqual(
      Array.from({ length: batches * 50 }, (_, step) => step),
    );
  }
  expect(repeated).toBeGreaterThan(0);
  const ended = gone(running.child);
  running.child.stdin?.end();
  await ended;
}, 180_000);
