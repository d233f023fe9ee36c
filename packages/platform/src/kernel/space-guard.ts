import { statfs } from 'node:fs/promises';
import { GenesisError } from '@genesis/contracts';

export type SpaceGuard = {
  /**
   * Throws `storage-full` when writing `bytes` more would leave less than the reserve. What it knows of the disk is at
   * most half a second old, so it costs nothing on the way of every write, and it recovers by itself.
   */
  assertRoom(bytes?: number): Promise<void>;
};

const maximumAgeMs = 500;

export const createSpaceGuard = (options: { folder: string; reserveBytes: number }): SpaceGuard => {
  const { folder, reserveBytes } = options;
  let measuredAt = Number.NEGATIVE_INFINITY;
  // those who ask while it is measured wait for the same answer
  let measured: Promise<number> = Promise.resolve(0);
  const assertRoom = async (bytes = 0): Promise<void> => {
    if (reserveBytes === 0 && bytes === 0) return;
    if (performance.now() - measuredAt > maximumAgeMs) {
      measuredAt = performance.now();
      measured = statfs(folder).then(({ bavail, bsize }) => bavail * bsize);
    }
    const free = await measured;
    if (free - bytes >= reserveBytes) return;
    const mebibytes = (value: number) => `${Math.floor(value / 1024 / 1024)} MiB`;
    throw new GenesisError({
      code: 'storage-full',
      message: `The disk of the data folder is nearly full: ${mebibytes(free)} are free and ${mebibytes(reserveBytes)} are kept in reserve. Nothing was written.`,
    });
  };
  return { assertRoom };
};
