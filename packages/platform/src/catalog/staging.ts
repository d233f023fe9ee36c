import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode } from '../kernel/index.ts';

/** Folders in which uploads wait and tables are read; nothing in them can be seen through the platform. */
export type Staging = {
  /** The folder of one job, made when it is missing. */
  folder(job: string): Promise<string>;
  /** Gives a job the contents of a file under a name in its folder, without a copy where the disk allows it. */
  lend(job: string, file: string, name: string): Promise<string>;
  /** Removes one file of a job. */
  discard(job: string, file: string): Promise<void>;
  clear(job: string): Promise<void>;
  /** Jobs that have a folder. */
  jobs(): Promise<string[]>;
};

export const openStaging = async (dataFolder: string): Promise<Staging> => {
  const root = join(dataFolder, 'staging');
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folder = async (job: string): Promise<string> => {
    const path = join(root, job);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  };
  return {
    folder,
    lend: async (job, file, name) => {
      const path = join(await folder(job), name);
      await rm(path, { force: true });
      try {
        await link(file, path);
      } catch (error) {
        if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(errorCode(error) ?? '')) throw error;
        await copyFile(file, path);
      }
      return path;
    },
    discard: (job, file) => rm(join(root, job, basename(file)), { force: true }),
    clear: (job) => rm(join(root, job), { recursive: true, force: true }),
    jobs: () => readdir(root),
  };
};
