import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { File, ready } from 'h5wasm/node';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { readSlice } from '../read-slice.ts';
import { defaultLimits } from './model.ts';
import { createWaitingChild, type Waiting } from './waiting-child.ts';

async function place() {
  const root = await temporaryFolder();
  let made = 0;
  const warnings: unknown[] = [];
  const folders = {
    open: async () => {
      const job = `job-${++made}`;
      const folder = join(root, job);
      await mkdir(folder);
      return { job, folder };
    },
    clear: (job: string) => rm(join(root, job), { recursive: true, force: true }),
  };
  const create = (waitMs?: number) =>
    createWaitingChild(folders, defaultLimits, (error) => warnings.push(error), waitMs);
  return { root, create, warnings };
}

const writeFrames = async (file: string): Promise<void> => {
  await ready;
  const made = new File(file, 'w');
  made.create_dataset({ name: 'frames', data: new Float64Array([1, 2, 3]), shape: [3] });
  made.close();
};

const read = async ({ child }: Waiting, path: string): Promise<Buffer> => {
  const parts: Buffer[] = [];
  const request = {
    path,
    form: 'bytes' as const,
    file: join(child.stagingFolder, 'stored'),
    format: 'hdf5' as const,
  };
  const options = { stagingFolder: child.stagingFolder, limits: defaultLimits, child };
  await readSlice(request, options, async (stream) => void parts.push(await buffer(stream)));
  const all = Buffer.concat(parts);
  return all.subarray(all.indexOf(10) + 1);
};

/** Processes that were started over a folder. */
const over = async (folder: string): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'it has ended')),
  );
  return pids.filter((_pid, index) => commands[index]!.includes(folder));
};

test('one child waits, reads what is lent to its folder afterwards, and does one job only', async () => {
  const { create, root, warnings } = await place();
  const waitingChild = create();
  expect(waitingChild.take()).toBeNull();
  await Promise.all([waitingChild.renew(), waitingChild.renew()]);
  await waitingChild.ready();
  expect(await readdir(root)).toEqual(['job-1']);
  const taken = waitingChild.take()!;
  expect(waitingChild.take()).toBeNull();
  await writeFrames(join(taken.child.stagingFolder, 'stored'));
  expect(await read(taken, '/frames')).toEqual(Buffer.from(new Float64Array([1, 2, 3]).buffer));
  expect(taken.child.process.exitCode).toBe(0);
  await waitingChild.close();
  await waitingChild.renew();
  expect(waitingChild.take()).toBeNull();
  expect(warnings).toEqual([]);
});

test('it sees no folder but its own', async () => {
  const { create, root } = await place();
  const waitingChild = create();
  await waitingChild.renew();
  await mkdir(join(root, 'another'));
  await writeFrames(join(root, 'another', 'stored'));
  const taken = waitingChild.take()!;
  const request = {
    ...{ path: '/frames', form: 'bytes' as const, file: join(root, 'another', 'stored') },
    format: 'hdf5' as const,
  };
  const options = { stagingFolder: taken.child.stagingFolder, limits: defaultLimits, child: taken.child };
  await expect(readSlice(request, options, async (stream) => void (await buffer(stream)))).rejects.toThrow();
  await waitingChild.close();
});

test('one that died while it waited is not given out, and its folder goes', async () => {
  const { create, root, warnings } = await place();
  const waitingChild = create();
  await waitingChild.renew();
  await waitingChild.ready();
  const pids = await over(join(root, 'job-1'));
  expect(pids).not.toEqual([]);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await expect.poll(() => over(join(root, 'job-1')), { timeout: 20_000 }).toEqual([]);
  // The end of a process reaches its parent a moment after it is gone.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(waitingChild.take()).toBeNull();
  await waitingChild.renew();
  expect(await readdir(root)).toEqual(['job-2']);
  await waitingChild.close();
  expect(await readdir(root)).toEqual([]);
  expect(warnings).toEqual([]);
});

test('after a while without slices, and at the end, no process and no folder is left', async () => {
  const { create, root } = await place();
  const short = create(200);
  await writeFile(join(root, 'mark'), '');
  await short.renew();
  await expect.poll(() => readdir(root), { timeout: 20_000 }).toEqual(['mark']);
  expect(short.take()).toBeNull();
  const long = create();
  await long.renew();
  await long.ready();
  const [job] = (await readdir(root)).filter((name) => name !== 'mark');
  expect(job).toBe('job-2');
  await long.close();
  expect(await readdir(root)).toEqual(['mark']);
  expect(await over(root)).toEqual([]);
});
