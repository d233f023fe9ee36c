/**
 * NVIDIA GPUs of this machine, and what a sandbox has to show of it so that CUDA works inside: the device files of the
 * GPUs that the job was given and those that all share, what the driver reads of /sys, and its libraries.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GenesisError } from '@genesis/contracts';
import { isAbsent, readKernelFile } from '../../../kernel/index.ts';

/** A device file of the host, and where a job finds it. */
type DeviceFile = { source: string; at: string };

export type Gpus = {
  /** By the number of the GPU. */
  devices: ReadonlyMap<number, DeviceFile>;
  /** What every job with a GPU needs besides. */
  shared: DeviceFile[];
  /** Folders that such a job may read. */
  places: string[];
  /** Where the driver's libraries are, if the dynamic linker does not look there. */
  libraries: string | null;
  /** The model of the first, as the driver calls it. */
  model: string | null;
  /** Why there are no more, in words for people. */
  missing: string;
  /** Whether some are here that cannot be given to jobs, which an operator would want to know. */
  isUnusable: boolean;
};

/** What a sandbox shows of them to one job. */
export type GivenGpus = Pick<Gpus, 'places' | 'libraries'> & { files: DeviceFile[] };

export type GpuPlaces = {
  /** Where device files are. */
  dev?: string;
  /** What the driver says of each GPU. */
  driver?: string;
  /** The numbers of those that may be used; all, where it is not given. */
  allotted?: readonly number[];
};

/** CUDA wants both; the first talks to the driver, the second maps memory. */
const needed = ['nvidiactl', 'nvidia-uvm'];
/** Drivers from 570 on open it when CUDA starts. */
const wanted = ['nvidia-uvm-tools'];
/** Topology and the driver's state: without /sys cuInit fails with 304. Nothing of the kernel's own settings is among them. */
const sysFolders = ['bus', 'class', 'dev', 'devices', 'module'].map((name) => `/sys/${name}`);
/** Where container tools put the libraries of the host's driver. */
const libraryFolder = '/usr/local/nvidia/lib64';

export const noGpus = (missing: string, isUnusable = false): Gpus => ({
  ...{ devices: new Map(), shared: [], places: [], libraries: null, model: null, missing, isUnusable },
});

/** Names in a folder; none where it is not there. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** The model of each GPU by its number, in the driver's own words. */
function modelsOf(driver: string): Map<number, string> {
  const models = new Map<number, string>();
  for (const bus of namesIn(driver)) {
    const text = readKernelFile(join(driver, bus, 'information')) ?? '';
    const model = /^Model:\s*(.+?)\s*$/m.exec(text)?.[1];
    const number = /^Device Minor:\s*(\d+)/m.exec(text)?.[1];
    if (model !== undefined && number !== undefined) models.set(Number(number), model);
  }
  return models;
}

/** Jobs run as a user who owns nothing here: everybody must be able to read and write it. */
const isOpenToAll = (path: string): boolean => (statSync(path).mode & 0o006) === 0o006;

/** Looks at this machine. Where jobs can use no GPU, `missing` says why. */
export function findGpus({
  dev = '/dev',
  driver = '/proc/driver/nvidia/gpus',
  allotted,
}: GpuPlaces = {}): Gpus {
  const file = (name: string): DeviceFile => ({ source: join(dev, name), at: `/dev/${name}` });
  const names = namesIn(dev);
  const numbers = names
    .map((name) => /^nvidia(\d+)$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .filter((number) => allotted?.includes(number) ?? true)
    .sort((a, b) => a - b);
  if (numbers.length === 0)
    return noGpus(
      allotted === undefined || allotted.length === 0
        ? 'no NVIDIA GPU is here'
        : `what was allotted, ${allotted.map((number) => `/dev/nvidia${number}`).join(' and ')}, is not here`,
    );
  const devices = new Map(numbers.map((number) => [number, file(`nvidia${number}`)]));
  const shared = [...needed, ...wanted.filter((name) => names.includes(name))].map(file);
  for (const { source } of [...devices.values(), ...shared]) {
    if (!existsSync(source)) return noGpus(`${source} is not there; nvidia-modprobe -u -c=0 makes it`, true);
    if (!isOpenToAll(source))
      return noGpus(`${source} is not open to everybody, and jobs run as nobody`, true);
  }
  return {
    ...{ devices, shared },
    places: sysFolders.filter((place) => existsSync(place)),
    libraries: existsSync(join(libraryFolder, 'libcuda.so.1')) ? libraryFolder : null,
    model: modelsOf(driver).get(numbers[0] ?? 0) ?? null,
    ...{ missing: 'all of them are counted', isUnusable: false },
  };
}

/** The GPUs that Slurm gave to the job of this process: `0,2`; none, where it gave none. */
export const allottedBySlurm = ({ SLURM_JOB_GPUS = '' }: NodeJS.ProcessEnv): number[] =>
  SLURM_JOB_GPUS.split(',')
    .filter((text) => /^\d+$/.test(text))
    .map(Number);

export type TakenGpus = { given: GivenGpus | null; free: () => void };

export type GpuPool = {
  /** What is here; looked at again as long as that is nothing, since a driver may be loaded later. */
  known(): Gpus;
  /** Throws `unavailable` while fewer are free: whoever wants them tries again. */
  take(count: number): TakenGpus;
};

/**
 * No GPU is two jobs' at one time. More than are known must not be asked for.
 *
 * @param warn hears, once for each reason, why GPUs that are here cannot be given to jobs
 */
export function gpuPool(look: () => Gpus, warn: (missing: string) => void = () => undefined): GpuPool {
  const told = new Set<string>();
  const lookOnce = (): Gpus => {
    const found = look();
    if (found.isUnusable && !told.has(found.missing)) warn(found.missing);
    told.add(found.missing);
    return found;
  };
  let gpus = lookOnce();
  let free = new Set(gpus.devices.keys());
  return {
    known() {
      if (gpus.devices.size === 0) {
        gpus = lookOnce();
        free = new Set(gpus.devices.keys());
      }
      return gpus;
    },
    take(count) {
      if (count === 0) return { given: null, free: () => undefined };
      const { devices, shared, places, libraries } = gpus;
      if (count > free.size) {
        const message = `Of ${devices.size} GPUs here ${free.size} are free, and ${count} are asked for: other jobs have the others.`;
        throw new GenesisError({ code: 'unavailable', message, retryAfterSeconds: 10 });
      }
      const numbers = [...free].sort((one, other) => one - other).slice(0, count);
      for (const number of numbers) free.delete(number);
      const files = [...numbers.flatMap((number) => devices.get(number) ?? []), ...shared];
      return {
        given: { files, places, libraries },
        free: () => {
          for (const number of numbers.splice(0)) free.add(number);
        },
      };
    },
  };
}
