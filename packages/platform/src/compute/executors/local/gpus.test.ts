import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobSpecSchema, type LogLine } from '@genesis/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allottedBySlurm, findGpus, type Gpus, gpuPool, noGpus } from './gpus.ts';
import { createLocalExecutor, type LocalExecutor } from './local-executor.ts';
import { sandboxMissing } from './sandbox-for-tests.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genesis-gpus-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A folder with files of these names, open to everybody. */
async function devices(...names: string[]): Promise<string> {
  const dev = join(folder, 'dev');
  await mkdir(dev, { recursive: true });
  for (const name of names) {
    await writeFile(join(dev, name), '');
    await chmod(join(dev, name), 0o666);
  }
  return dev;
}
const shared = ['nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools'];

test('GPUs are found by their device files, with what all share and what the driver calls them', async () => {
  const dev = await devices(...shared, 'nvidia0', 'nvidia10', 'nvidia2', 'nvidia-modeset', 'null');
  const driver = join(folder, 'driver');
  await mkdir(join(driver, '0000:01:00.0'), { recursive: true });
  await writeFile(
    join(driver, '0000:01:00.0', 'information'),
    'Model: \t\t NVIDIA H200\nIRQ:   \t\t 45\nDevice Minor: \t 0\n',
  );
  const found = findGpus({ dev, driver });
  expect([...found.devices.keys()]).toEqual([0, 2, 10]);
  expect(found.devices.get(10)).toEqual({ source: join(dev, 'nvidia10'), at: '/dev/nvidia10' });
  expect(found.shared.map(({ at }) => at)).toEqual(shared.map((name) => `/dev/${name}`));
  expect(found.model).toBe('NVIDIA H200');
  expect(found.places.every((place) => place.startsWith('/sys/'))).toBe(true);
});

test('only those that were allotted are used', async () => {
  const dev = await devices(...shared, 'nvidia0', 'nvidia1', 'nvidia2');
  const used = (text?: string) => {
    const allotted = allottedBySlurm(text === undefined ? {} : { SLURM_JOB_GPUS: text });
    return [...findGpus({ dev, driver: folder, allotted }).devices.keys()];
  };
  expect(used('1,2')).toEqual([1, 2]);
  expect(used('7')).toEqual([]);
  expect(used('')).toEqual([]);
  expect(used()).toEqual([]);
});

test('what is lacking for CUDA is told', async () => {
  expect(findGpus({ dev: await devices('null'), driver: folder }).missing).toBe('no NVIDIA GPU is here');
  const dev = await devices('nvidia0', 'nvidiactl');
  expect(findGpus({ dev, driver: folder })).toMatchObject({
    missing: `${dev}/nvidia-uvm is not there; nvidia-modprobe -u -c=0 makes it`,
  });
  await devices('nvidia-uvm');
  await chmod(join(dev, 'nvidia0'), 0o660);
  const closed = findGpus({ dev, driver: folder });
  expect([closed.devices.size, closed.missing]).toEqual([
    0,
    `${dev}/nvidia0 is not open to everybody, and jobs run as nobody`,
  ]);
});

const made = (...numbers: number[]): Gpus => ({
  ...noGpus('these are all'),
  devices: new Map(numbers.map((number) => [number, { source: '/dev/null', at: `/dev/nvidia${number}` }])),
  shared: [{ source: '/dev/null', at: '/dev/nvidiactl' }],
  places: ['/sys/devices'],
});

test('no GPU is two jobs’ at one time, and who came first is served first', async () => {
  const pool = gpuPool(made(0, 1, 2));
  const filesOf = (taken: Awaited<ReturnType<typeof pool.take>>) =>
    taken.given?.files.map(({ at }) => at).filter((at) => at !== '/dev/nvidiactl');
  const none = await pool.take(0);
  expect(none.given).toBe(null);
  const first = await pool.take(2);
  expect(filesOf(first)).toEqual(['/dev/nvidia0', '/dev/nvidia1']);
  const order: string[] = [];
  const large = pool.take(3).then((taken) => {
    order.push('large');
    return taken;
  });
  const small = pool.take(1).then((taken) => {
    order.push('small');
    return taken;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(order).toEqual([]);
  first.free();
  first.free();
  const all = await large;
  expect(filesOf(all)).toHaveLength(3);
  all.free();
  expect(filesOf(await small)).toEqual(['/dev/nvidia0']);
  expect(order).toEqual(['large', 'small']);
  const waiting = pool.take(3);
  const told = expect(waiting).rejects.toThrow('it closes');
  pool.close(new Error('it closes'));
  await told;
  await expect(pool.take(1)).rejects.toThrow('it closes');
});

const missing = await sandboxMissing();
describe.skipIf(missing !== null)(`in a sandbox${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let executor: LocalExecutor;
  afterEach(() => executor.close());
  let count = 0;
  const run = async (script: string, gpus: number) => {
    count += 1;
    const lines: LogLine[] = [];
    const spec = { name: `job-${count}`, executable: 'sh', arguments: ['-c', script], resources: { gpus } };
    const handle = await executor.launch(jobSpecSchema.parse(spec), {
      onLog: (added) => void lines.push(...added),
    });
    return { outcome: await handle.wait(), text: lines.map(({ text }) => text) };
  };
  const open = async (gpus: Gpus, useCgroups = true): Promise<void> => {
    executor = await createLocalExecutor({
      stagingRoot: join(folder, 'jobs'),
      graceSeconds: 1,
      gpus,
      useCgroups,
    });
  };

  test('a job sees its own GPUs and what CUDA needs; others see nothing of it', async () => {
    await open(made(0, 1));
    const look =
      'ls /dev | grep nvidia | tr "\\n" " "; [ -d /sys/devices ] && echo topology; [ -e /sys/kernel ] && echo kernel; ' +
      '(echo named > /proc/self/comm) 2>/dev/null && echo named; echo "GPUs looked at"';
    expect((await run(look, 1)).text).toEqual(['nvidia0 nvidiactl topology', 'named', 'GPUs looked at']);
    expect((await run(look, 2)).text[0]).toBe('nvidia0 nvidia1 nvidiactl topology');
    expect((await run(look, 0)).text).toEqual(['GPUs looked at']);
    expect((await run('echo x > /dev/nvidia0 && echo written', 1)).text).toEqual(['written']);
  });

  for (const useCgroups of [true, false])
    test(`what is the machine’s stays out of reach, ${useCgroups ? 'with' : 'without'} cgroups`, async () => {
      await open(made(0), useCgroups);
      const places =
        '/proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger /sys/devices/x /dev/x';
      const script = `for f in ${places}; do (echo x > $f) 2>/dev/null && echo "wrote $f"; done; echo tried`;
      expect((await run(script, 1)).text).toEqual(['tried']);
    });

  test('jobs wait for a GPU that another has, and closing ends the wait', async () => {
    await open(made(0));
    const first = run('sleep 0.3; echo first', 1);
    const second = run('echo second', 1);
    expect((await first).outcome.state).toBe('succeeded');
    expect((await second).text).toEqual(['second']);
    const long = run('sleep 60', 1);
    const never = expect(run('true', 1)).rejects.toThrow(/^The executor is closing/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await executor.close();
    expect((await long).outcome.reason).toBe('killed');
    await never;
  });

  test('more than there are is refused, and the inventory is told how many', async () => {
    await open({ ...made(0), model: 'NVIDIA H200' });
    await expect(run('true', 2)).rejects.toThrow(
      'resources.gpus: a job can be given 1 here (these are all); ask for at most that many',
    );
    expect(await executor.inspect?.()).toEqual({
      ...{ status: 'up', reason: null },
      hardware: { acceleratorsPerNode: 1, acceleratorType: 'NVIDIA H200' },
    });
  });
});
