import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type CgroupParents,
  createJobCgroup,
  detectCgroups,
  jobCgroupFolders,
  removeCgroupFolders,
} from './cgroups.ts';

const limits = { memoryBytes: 1_000_000, processes: 7, cpuCores: 1.5 };
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'genesis-cgroups-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

// plain folders stand in for both versions, so that each is tested whatever this machine has
test('version 2: one folder holds every limit and every account', async () => {
  const parents: CgroupParents = {
    version: 2,
    folders: { memory: root, pids: root, cpu: root, cpuacct: root },
  };
  const group = await createJobCgroup(parents, 'abc', limits);
  const folder = join(root, 'genesis-job-abc');
  expect(group.folders).toEqual([folder]);
  expect(jobCgroupFolders(parents, 'abc')).toEqual([folder]);
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  expect(await read('memory.max')).toBe('1000000');
  expect(await read('memory.swap.max')).toBe('0');
  expect(await read('pids.max')).toBe('7');
  expect(await read('cpu.max')).toBe('150000 100000');
  await group.add(4711);
  expect(await read('cgroup.procs')).toBe('4711');
  await writeFile(join(folder, 'memory.peak'), '4096\n');
  await writeFile(join(folder, 'memory.stat'), 'anon 2048\nfile 10\n');
  await writeFile(join(folder, 'memory.events'), 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n');
  await writeFile(join(folder, 'pids.events'), 'max 5\n');
  await writeFile(join(folder, 'cpu.stat'), 'usage_usec 2500000\nuser_usec 1\n');
  expect(group.sample()).toEqual({
    memoryBytes: 2048,
    peakMemoryBytes: 4096,
    cpuSeconds: 2.5,
    outOfMemoryKills: 2,
    refusedForks: 5,
  });
});

test('version 1: each controller has a folder of its own', async () => {
  const folders = {
    memory: join(root, 'm'),
    pids: join(root, 'p'),
    cpu: join(root, 'c'),
    cpuacct: join(root, 'a'),
  };
  for (const folder of Object.values(folders)) await mkdir(folder);
  const group = await createJobCgroup({ version: 1, folders }, 'abc', limits);
  const of = (controller: keyof typeof folders, file: string) =>
    join(folders[controller], 'genesis-job-abc', file);
  expect(await readFile(of('memory', 'memory.limit_in_bytes'), 'utf8')).toBe('1000000');
  expect(await readFile(of('pids', 'pids.max'), 'utf8')).toBe('7');
  expect(await readFile(of('cpu', 'cpu.cfs_quota_us'), 'utf8')).toBe('150000');
  await writeFile(of('memory', 'memory.max_usage_in_bytes'), '4096\n');
  await writeFile(of('memory', 'memory.stat'), 'cache 10\nrss 2048\n');
  await writeFile(of('memory', 'memory.oom_control'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
  await writeFile(of('pids', 'pids.events'), 'max 0\n');
  await writeFile(of('cpuacct', 'cpuacct.usage'), '1500000000\n');
  expect(group.sample()).toEqual({
    memoryBytes: 2048,
    peakMemoryBytes: 4096,
    cpuSeconds: 1.5,
    outOfMemoryKills: 1,
    refusedForks: 0,
  });
});

test('a limit that cannot be set leaves nothing behind', async () => {
  const missing = { version: 1 as const, folders: { memory: root, pids: join(root, 'not-there') } };
  await expect(createJobCgroup(missing, 'abc', limits)).rejects.toThrow('ENOENT');
  expect(await readdir(root)).toEqual([]);
});

test('removing what is not there is no fault', async () => {
  await removeCgroupFolders([join(root, 'never')]);
  expect(await readdir(root)).toEqual([]);
});

test('looking at this machine changes nothing on it, and removes what a process left that was killed meanwhile', async () => {
  const before = await detectCgroups();
  // larger than any process number
  const dead = 'genesis-probe-99999999-left';
  const folders = new Set(Object.values(before.folders));
  for (const folder of folders) await mkdir(join(folder, dead), { recursive: true });
  expect(await detectCgroups()).toEqual(before);
  for (const folder of folders) {
    const names = await readdir(folder);
    expect(names.filter((name) => name === dead || name.startsWith(`genesis-probe-${process.pid}-`))).toEqual(
      [],
    );
  }
});
