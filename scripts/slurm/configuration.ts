import { hostname } from 'node:os';

export type Plan = {
  folder: string;
  user: string;
  controllerPort: number;
  nodePort: number;
  /** Jobs that run side by side, each on one core; more than the machine has, so that small machines test much. */
  cores: number;
  memoryMebibytes: number;
  /** Null where control groups cannot be had: then what escapes from a job's process tree is not ended with it. */
  cgroups: 'v1' | null;
  /** Job ids start here, so that two Slurms on one machine never share a control group. */
  firstJobId: number;
};

/** The text of slurm.conf, whose paths have to be absolute. */
export function slurmConf(plan: Plan): string {
  const { folder, cgroups } = plan;
  const node = hostname().split('.')[0] ?? 'localhost';
  const settings: [string, string | number][] = [
    ['ClusterName', 'development'],
    ['SlurmctldHost', `${node}(127.0.0.1)`],
    ['SlurmUser', plan.user],
    ['SlurmdUser', plan.user],
    ['AuthType', 'auth/munge'],
    ['AuthInfo', `socket=${folder}/run/munge.socket`],
    ['CredType', 'cred/munge'],
    ['SlurmctldPort', plan.controllerPort],
    ['SlurmdPort', plan.nodePort],
    ['StateSaveLocation', `${folder}/controller`],
    ['SlurmdSpoolDir', `${folder}/spool`],
    ['SlurmctldPidFile', `${folder}/run/slurmctld.pid`],
    ['SlurmdPidFile', `${folder}/run/slurmd.pid`],
    ['SlurmctldLogFile', `${folder}/log/slurmctld.log`],
    ['SlurmdLogFile', `${folder}/log/slurmd.log`],
    ['ProctrackType', cgroups === null ? 'proctrack/linuxproc' : 'proctrack/cgroup'],
    ['TaskPlugin', cgroups === null ? 'task/none' : 'task/cgroup'],
    ['JobAcctGatherType', 'jobacct_gather/linux'],
    ['JobAcctGatherFrequency', 5],
    ...(cgroups === null ? [['JobAcctGatherParams', 'OverMemoryKill'] as [string, string]] : []),
    ['SelectType', 'select/cons_tres'],
    ['SelectTypeParameters', 'CR_Core_Memory'],
    ['SchedulerType', 'sched/backfill'],
    ['SchedulerParameters', 'batch_sched_delay=0,bf_interval=1'],
    ['SlurmdParameters', 'config_overrides'],
    ['SwitchType', 'switch/none'],
    ['MpiDefault', 'none'],
    ['ReturnToService', 2],
    ['KillWait', 5],
    ['AccountingStorageType', 'accounting_storage/none'],
    ['JobCompType', 'jobcomp/none'],
    ['FirstJobId', plan.firstJobId],
    ['GresTypes', 'gpu'],
    ['MinJobAge', 300],
    ['MaxJobCount', 20_000],
    ['SlurmctldTimeout', 30],
    ['SlurmdTimeout', 30],
  ];
  return [
    ...settings.map(([name, value]) => `${name}=${value}`),
    `NodeName=${node} NodeAddr=127.0.0.1 CPUs=${plan.cores} RealMemory=${plan.memoryMebibytes} Gres=gpu:${Object.keys(gpuFiles).length} State=UNKNOWN`,
    `PartitionName=debug Nodes=${node} Default=YES MaxTime=24:00:00 DefMemPerCPU=256 State=UP`,
    '',
  ].join('\n');
}

/**
 * What Slurm gives to jobs as GPUs, so that a machine without any tests how they are asked for: device files that every
 * machine has, by names that end with the numbers of the GPUs.
 */
export const gpuFiles = { gpu0: '/dev/null', gpu1: '/dev/zero' };

/** The text of gres.conf, beside slurm.conf. */
export const gresConf = (folder: string): string =>
  Object.keys(gpuFiles)
    .map((name) => `Name=gpu File=${folder}/${name}\n`)
    .join('');

/** The text of cgroup.conf, beside slurm.conf. */
export const cgroupConf = (): string =>
  [
    'CgroupPlugin=cgroup/v1',
    'CgroupMountpoint=/sys/fs/cgroup',
    'ConstrainRAMSpace=yes',
    'ConstrainCores=no',
    '',
  ].join('\n');
