import { jobResourcesSchema } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { type LimitAbilities, planLimits } from './plan.ts';

const counted: LimitAbilities = {
  cgroups: { version: 2, folders: { memory: '/m', pids: '/p', cpu: '/c', cpuacct: '/c' } },
  followsTrees: true,
  pinsCores: true,
  hostCores: 8,
  maxFolderBytes: 2 ** 30,
  gpus: { count: 2, missing: 'these are all' },
};
const uncounted: LimitAbilities = { ...counted, cgroups: { version: 2, folders: {} } };
const resources = (more: object = {}) => jobResourcesSchema.parse(more);

test('cgroups bound memory, processes and CPU where they can be written', () => {
  const plan = planLimits(resources({ memoryBytes: 2 ** 28, outputBytes: 2 ** 20, cpuCores: 0.5 }), counted);
  expect(plan.enforcement).toBe('cgroup');
  expect(plan.cgroup).toEqual({ memoryBytes: 2 ** 28 + 2 ** 20, processes: 256, cpuCores: 0.5 });
  expect([plan.watchedMemoryBytes, plan.watchedProcesses, plan.pinnedCores]).toEqual([null, null, null]);
  expect([plan.process.dataBytes, plan.process.processes]).toEqual([null, null]);
});

test('without them the limits of processes, a watchdog and pinned cores do', () => {
  const plan = planLimits(resources({ memoryBytes: 2 ** 28, processes: 10, cpuCores: 2 }), uncounted);
  expect(plan.enforcement).toBe('watchdog');
  expect([plan.watchedMemoryBytes, plan.watchedProcesses, plan.pinnedCores]).toEqual([2 ** 28, 10, 2]);
  expect(plan.process.dataBytes).toBe(2 ** 29 + 2 ** 28);
});

test('CUDA sets addresses apart that are no memory: a job with GPUs has the watchdog alone', () => {
  const plan = planLimits(resources({ memoryBytes: 2 ** 28, gpus: 2 }), uncounted);
  expect([plan.watchedMemoryBytes, plan.process.dataBytes]).toEqual([2 ** 28, null]);
  expect(() => planLimits(resources({ gpus: 3 }), uncounted)).toThrow(
    /^resources\.gpus: a job can be given 2 here \(these are all\)/,
  );
});

test('what cannot be bounded is refused by name', () => {
  const blind = { ...uncounted, followsTrees: false };
  expect(() => planLimits(resources(), blind)).toThrow(/^resources\.memoryBytes: cannot be bounded here/);
  const memoryOnly: LimitAbilities = { ...blind, cgroups: { version: 2, folders: { memory: '/m' } } };
  expect(() => planLimits(resources(), memoryOnly)).toThrow(/^resources\.processes: cannot be bounded here/);
  expect(() => planLimits(resources({ cpuCores: 0.5 }), uncounted)).toThrow(
    /^resources\.cpuCores: a fraction/,
  );
  expect(() => planLimits(resources(), { ...uncounted, pinsCores: false })).toThrow(
    /^resources\.cpuCores: cannot/,
  );
  expect(() => planLimits(resources({ outputBytes: 2 ** 31 }), counted)).toThrow(/^resources\.outputBytes: /);
});

test('a job that may use every core needs no bound on cores', () => {
  expect(planLimits(resources({ cpuCores: 8 }), { ...uncounted, pinsCores: false }).pinnedCores).toBe(null);
});

test('a full folder means that more than allowed was written', () => {
  expect(planLimits(resources({ outputBytes: 4_096 }), counted).folderBytes).toBe(8_192);
  expect(planLimits(resources({ outputBytes: 4_097 }), counted).folderBytes).toBe(12_288);
});
