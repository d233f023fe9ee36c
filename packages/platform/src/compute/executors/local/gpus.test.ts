import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenesisError, jobSpecSchema, type LogLine } from '@genesis/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allottedBySlurm, findGpus, type Gpus, gpuPool, noGpus, type TakenGpus } from './gpus.ts';
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

const filesOf = ({ given }: TakenGpus) =>
  given?.files.map(({ at }) => at).filter((at) => at !== '/dev/nvidiactl');

test('no GPU is two jobs’ at one time, and one that is freed twice is free once', () => {
  const pool = gpuPool(() => made(0, 1, 2));
  expect(pool.take(0).given).toBe(null);
  const first = pool.take(2);
  expect(filesOf(first)).toEqual(['/dev/nvidia0', '/dev/nvidia1']);
  expect(() => pool.take(2)).toThrow(
    'Of 3 GPUs here 1 are free, and 2 are asked for: other jobs have the others.',
  );
  const second = pool.take(1);
  expect(filesOf(second)).toEqual(['/dev/nvidia2']);
  first.free();
  first.free();
  expect(filesOf(pool.take(2))).toEqual(['/dev/nvidia0', '/dev/nvidia1']);
  expect(() => pool.take(1)).toThrow(GenesisError);
});

test('where there are none it is looked again, and why they cannot be used is told once', () => {
  let now = noGpus('a file is not there', true);
  const told: string[] = [];
  const pool = gpuPool(
    () => now,
    (why) => told.push(why),
  );
  expect([pool.known().devices.size, pool.known().missing, told]).toEqual([0, 'a file is not there', told]);
  expect(told).toEqual(['a file is not there']);
  now = made(4);
  expect(pool.known().devices.size).toBe(1);
  expect(filesOf(pool.take(1))).toEqual(['/dev/nvidia4']);
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
      // the permissions of files alone would do the same: the mounts are a wall of their own
      const mounts = (await run('cat /proc/self/mountinfo', 1)).text.map((line) => line.split(' '));
      const optionsOf = (place: string) => mounts.find((fields) => fields[4] === place)?.[5]?.split(',');
      for (const place of ['/', '/dev', '/proc/sys', '/proc/irq', '/sys/devices'])
        expect([place, optionsOf(place)]).toEqual([place, expect.arrayContaining(['ro'])]);
      expect(optionsOf('/proc')).toContain('rw');
      const without = (await run('cat /proc/self/mountinfo', 0)).text.map((line) => line.split(' '));
      expect(without.find((fields) => fields[4] === '/proc')?.[5]).toMatch(/^ro,/);
    });

  test('a GPU that another job has is told as what passes, and holds no other job up', async () => {
    await open(made(0));
    const first = run('sleep 0.5', 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(run('true', 1)).rejects.toThrow(/^Of 1 GPUs here 0 are free/);
    expect((await run('echo beside', 0)).text).toEqual(['beside']);
    expect((await first).outcome.state).toBe('succeeded');
    expect((await run('echo second', 1)).text).toEqual(['second']);
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
