/** What a facility, the network and the end of the server may do to a job: user code starts at most once. */
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../../test/iri-facility.ts';
import { iriPlace } from '../../../../test/iri-place.ts';
import type { IriExecutorOptions } from './iri-executor.ts';

const opened: Awaited<ReturnType<typeof iriPlace>>[] = [];
const place = async (how?: Parameters<typeof iriPlace>[0]) => {
  const made = await iriPlace(how);
  opened.push(made);
  return made;
};
afterEach(async () => {
  for (const { facility } of opened.splice(0)) await facility.stop();
});
const until = async (met: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await met())) await new Promise((resolve) => setTimeout(resolve, 10));
};
/** The n-th request of this kind meets the fault. */
const nth = (operation: string, n: number, fault: Fault) => {
  let seen = 0;
  return (request: { operation: string }): Fault | undefined => {
    if (request.operation !== operation) return undefined;
    seen += 1;
    return seen === n ? fault : undefined;
  };
};
/** Stands still for ever at a point, as a server that was killed there. */
const killedAt = (
  wanted: string,
): { reach: NonNullable<IriExecutorOptions['reach']>; there: Promise<void> } => {
  const there = Promise.withResolvers<void>();
  return {
    there: there.promise,
    reach: async (point) => {
      if (point !== wanted) return;
      there.resolve();
      await new Promise(() => undefined);
    },
  };
};

describe('a server that is killed in a launch', () => {
  test.each(['intended', 'staged'])('at "%s" has started nothing, and nothing starts', async (point) => {
    const { open, job, facility } = await place();
    const { reach, there } = killedAt(point);
    const first = await open({ reach });
    const spec = job('echo started');
    void first.launch(spec);
    await there;
    const second = await open();
    expect(await second.reconcile(spec.name)).toEqual({ state: 'not-started' });
    expect(await second.reconcile(spec.name)).toEqual({ state: 'not-started' });
    expect(facility.count('job')).toBe(0);
    await second.release(spec.name);
    expect(await second.reconcile(spec.name)).toEqual({ state: 'unknown' });
    await second.close();
  });

  test.each(['submitting', 'submitted', 'recorded'] as const)(
    'at "%s" finds its job again, which has started once',
    async (point) => {
      for (const version of ['v2', 'v1'] as const) {
        const { open, job, found, facility, root } = await place({ version });
        const { reach, there } = killedAt(point);
        const first = await open({ reach });
        const spec = job(`echo started >> ${root}/started; echo hello`);
        void first.launch(spec);
        await there;
        const second = await open();
        const { outcome, lines } = await found(second, spec.name);
        if (point === 'submitting' && version === 'v1')
          // without a key nothing is submitted twice: it was looked for by its name, and given up for good
          expect(outcome).toMatchObject({ failureClass: 'F6_HPC_QUEUE', reason: 'killed' });
        else {
          expect(outcome).toMatchObject({ state: 'succeeded' });
          expect(lines).toEqual([{ stream: 'stdout', text: 'hello' }]);
          expect(await readFile(`${root}/started`, 'utf8')).toBe('started\n');
        }
        expect(facility.jobs.size).toBeLessThanOrEqual(1);
        await second.close();
      }
    },
  );

  test('and that was only slow submits nothing once it was given up', async () => {
    const { open, job, facility } = await place();
    const gate = Promise.withResolvers<void>();
    const there = Promise.withResolvers<void>();
    const slow = await open({
      reach: async (point) => {
        if (point !== 'staged') return;
        there.resolve();
        await gate.promise;
      },
    });
    const spec = job('echo started');
    const launched = slow.launch(spec);
    await there.promise;
    const second = await open();
    expect(await second.reconcile(spec.name)).toEqual({ state: 'not-started' });
    gate.resolve();
    await expect(launched).rejects.toMatchObject({ failure: { code: 'conflict' } });
    expect(facility.count('job')).toBe(0);
    await slow.close();
    await second.close();
  });

  test('while a job ran takes the outcome of the job as it ended', async () => {
    const { open, job, found } = await place();
    const first = await open();
    const handle = await first.launch(job('echo started; exit 3'));
    await first.close();
    await expect(handle.wait()).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    const second = await open();
    const { outcome, lines } = await found(second, 'job-1');
    expect(outcome).toMatchObject({ reason: 'exit-code', exitCode: 3, claim: handle.claim });
    expect(lines).toEqual([{ stream: 'stdout', text: 'started' }]);
    // the log comes again with an outcome that is known already
    const third = await open();
    expect((await found(third, 'job-1')).lines).toEqual(lines);
    await second.close();
    await third.close();
  });
});

describe('a submission whose answer', () => {
  test.each(['lost', 'cut'] as const)(
    'is %s is repeated under its key, and starts one job',
    async (fault) => {
      const { open, job, facility, root } = await place();
      facility.state.fault = nth('job', 1, fault);
      const executor = await open();
      const handle = await executor.launch(job(`echo started >> ${root}/started`));
      expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
      expect(facility.count('job')).toBe(2);
      expect(facility.jobs.size).toBe(1);
      expect(await readFile(`${root}/started`, 'utf8')).toBe('started\n');
      await executor.close();
    },
  );

  test('is lost where there are no keys is looked for by its name', async () => {
    const { open, job, facility } = await place({ version: 'v1' });
    facility.state.fault = nth('job', 1, 'lost');
    const executor = await open();
    const handle = await executor.launch(job('true'));
    expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
    expect(facility.count('job')).toBe(1);
    await executor.close();
  });

  test('is lost where there are neither keys nor names leaves an unknown outcome, and nothing starts', async () => {
    const { open, job, facility, root } = await place({ version: 'v1', names: false });
    facility.state.held = true;
    facility.state.fault = nth('job', 1, 'lost');
    const executor = await open();
    const handle = await executor.launch(job(`echo started >> ${root}/started`));
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({
      state: 'failed',
      failureClass: 'F6_HPC_QUEUE',
      reason: 'outcome-unknown',
    });
    expect(outcome.message).toMatch(/^Outcome unknown: /);
    facility.letGo();
    await until(() => [...facility.jobs.values()].every(({ state }) => state === 'completed'));
    expect(await readdir(root)).not.toContain('started');
    expect(facility.count('job')).toBe(1);
    await executor.close();
  });

  test('is lost there after the job has begun is told by the files of the job', async () => {
    const { open, job, facility } = await place({ version: 'v1', names: false });
    facility.state.fault = nth('job', 1, 'lost');
    const executor = await open();
    const handle = await executor.launch(job('sleep 0.5; echo done'));
    expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
    await executor.close();
  });

  test('refuses the job is told with the words of the facility, and the name is free again', async () => {
    const { open, job, facility } = await place();
    const body = JSON.stringify({ type: 'about:blank', title: 'Forbidden', detail: 'no project "astro"' });
    facility.state.fault = nth('job', 1, { status: 403, body });
    const executor = await open();
    const spec = job('true');
    await expect(executor.launch(spec)).rejects.toMatchObject({
      failure: { code: 'unsupported', message: expect.stringContaining('Forbidden: no project "astro"') },
    });
    expect(await executor.reconcile(spec.name)).toEqual({ state: 'unknown' });
    expect(await (await executor.launch(spec)).wait()).toMatchObject({ state: 'succeeded' });
    await executor.close();
  });
});

describe('a job', () => {
  test('that the facility starts a second time does nothing then', async () => {
    const { open, job, facility, root } = await place();
    const executor = await open();
    const handle = await executor.launch(job(`echo started >> ${root}/started; sleep 0.3`));
    await until(async () => (await readdir(root)).includes('started'));
    facility.repeat([...facility.jobs.values()][0]!);
    expect(await handle.wait()).toMatchObject({ state: 'succeeded', claim: handle.claim });
    expect(await readFile(`${root}/started`, 'utf8')).toBe('started\n');
    await executor.close();
  });

  test('that is cancelled while it waits never starts', async () => {
    const { open, job, facility, root } = await place();
    facility.state.held = true;
    const executor = await open();
    const handle = await executor.launch(job(`echo started >> ${root}/started`));
    handle.cancel();
    expect(await handle.wait()).toMatchObject({ state: 'cancelled', failureClass: 'F0_NONE' });
    facility.repeat([...facility.jobs.values()][0]!);
    await until(() => [...facility.jobs.values()][0]!.state === 'completed');
    expect(await readdir(root)).not.toContain('started');
    await executor.close();
  });

  test('that somebody else cancels before it began says so', async () => {
    const { open, job, facility } = await place();
    facility.state.held = true;
    const executor = await open();
    const handle = await executor.launch(job('true'));
    const there = [...facility.jobs.values()][0]!;
    Object.assign(there, { state: 'canceled', message: 'by an operator' });
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({ failureClass: 'F6_HPC_QUEUE', reason: 'killed' });
    expect(outcome.message).toMatch(/canceled: by an operator.*before it began/);
    await executor.close();
  });

  test('that is killed with its script has an outcome that says so', async () => {
    const { open, job, facility, root } = await place();
    const executor = await open();
    const handle = await executor.launch(job(`echo started >> ${root}/started; sleep 60`));
    await until(async () => (await readdir(root)).includes('started'));
    facility.kill([...facility.jobs.values()][0]!);
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({ state: 'failed', failureClass: 'F6_HPC_QUEUE', reason: 'killed' });
    await executor.close();
  });

  test('that the facility has forgotten after it began has an unknown outcome', async () => {
    const { open, job, facility, root } = await place();
    const executor = await open();
    const handle = await executor.launch(job(`echo started >> ${root}/started; sleep 60`));
    await until(async () => (await readdir(root)).includes('started'));
    for (const there of facility.jobs.values()) facility.kill(there);
    facility.jobs.clear();
    expect(await handle.wait()).toMatchObject({ failureClass: 'F6_HPC_QUEUE', reason: 'outcome-unknown' });
    await executor.close();
  });

  test('whose outcome was written under another claim is not taken for ended', async () => {
    const { open, job, facility, root } = await place();
    facility.state.held = true;
    const executor = await open();
    const handle = await executor.launch(job('exit 4'));
    const [folder = ''] = await readdir(`${root}/remote`);
    const forged = { claim: 'another', exitCode: 0, started: 1, ended: 2, missing: false, stopped: false };
    const rest = {
      over: false,
      problem: 'none',
      parts: [0, 0, 0, 0, 0],
      bytes: 0,
      sha256: 'none',
      pieces: 0,
    };
    await writeFile(`${root}/remote/${folder}/outcome.json`, JSON.stringify({ ...forged, ...rest }));
    facility.letGo();
    expect(await handle.wait()).toMatchObject({ exitCode: 4, claim: handle.claim });
    await executor.close();
  });

  test('whose inputs changed on the way does not start', async () => {
    const { open, job, facility, root } = await place();
    facility.state.held = true;
    await writeFile(join(root, 'in.txt'), 'measured');
    const executor = await open();
    const inputs = [{ path: 'in.txt', source: join(root, 'in.txt') }];
    const handle = await executor.launch(job(`echo started >> ${root}/started`, { inputs }));
    const [folder = ''] = await readdir(`${root}/remote`);
    await appendFile(`${root}/remote/${folder}/genesis-job.sh`, 'forged');
    facility.letGo();
    const outcome = await handle.wait();
    expect(outcome).toMatchObject({ failureClass: 'F2_ENVIRONMENT', reason: 'exception' });
    expect(outcome.message).toMatch(/inputs arrived changed/);
    expect(await readdir(root)).not.toContain('started');
    await executor.close();
  });

  test('is taken away from the facility when it is released, also when that has to wait', async () => {
    const { open, job, facility, root } = await place();
    const executor = await open();
    const spec = job('true');
    await (await executor.launch(spec)).wait();
    facility.state.fault = ({ operation }) => (operation === 'rm' ? { status: 503 } : undefined);
    await executor.release(spec.name);
    expect(await executor.reconcile(spec.name)).toEqual({ state: 'unknown' });
    await executor.close();
    facility.state.fault = () => undefined;
    const second = await open();
    await until(async () => (await readdir(`${root}/remote`)).length === 0);
    await until(async () => (await readdir(`${root}/jobs`)).length === 0);
    await second.close();
  });

  test('in a folder that was made before the server died is as if never launched', async () => {
    const { open, root } = await place();
    const executor = await open();
    await mkdir(join(root, 'jobs', 'job-9'));
    expect(await executor.reconcile('job-9')).toEqual({ state: 'not-started' });
    await executor.release('job-9');
    expect(await executor.reconcile('job-9')).toEqual({ state: 'unknown' });
    await executor.close();
  });
});

test('many jobs are looked at by one list, however many there are', async () => {
  const { open, job, facility } = await place();
  facility.state.held = true;
  const executor = await open();
  const handles = await Promise.all(Array.from({ length: 6 }, () => executor.launch(job('true'))));
  const before = facility.count('list');
  await until(() => facility.count('list') >= before + 5);
  expect(facility.count('status')).toBe(0);
  facility.letGo();
  for (const handle of handles) expect(await handle.wait()).toMatchObject({ state: 'succeeded' });
  // each was asked for by its id once or a few times: when it had left the list
  expect(facility.count('status')).toBeLessThanOrEqual(6 * 4);
  await executor.close();
}, 20_000);
