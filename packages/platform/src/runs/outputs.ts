import type { RunRow } from './store.ts';
import type { StoredInput } from './submit-run.ts';

/** A file that a job left, stored under the run's label. */
export type StoredOutput = { path: string; bytes: number; sha256: string; address: string };

/** What a run left; nothing while it has not ended. */
export const outputsOf = (row: RunRow): StoredOutput[] =>
  (row.output as { files?: { outputs?: StoredOutput[] } } | null)?.files?.outputs ?? [];

/** What a run was given. */
export const inputOf = (row: RunRow): StoredInput => {
  const { input, datasets = [] } = row.input as Partial<StoredInput>;
  return { input: input ?? null, datasets };
};
