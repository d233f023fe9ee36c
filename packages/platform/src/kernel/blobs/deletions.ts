import type { BlobStore } from './model.ts';

/** Deletions that wait while somebody holds them; `keep` takes one back, since its bytes were stored anew. */
export const createDeletions = (
  remove: (address: string) => Promise<void>,
): Pick<BlobStore, 'delete' | 'holdDeletes'> & { keep: (address: string) => void } => {
  let holders = 0;
  const waiting = new Set<string>();
  return {
    delete: async (address) => {
      if (holders === 0) await remove(address);
      else waiting.add(address);
    },
    keep: (address) => {
      waiting.delete(address);
    },
    holdDeletes: () => {
      holders++;
      return async () => {
        if (--holders > 0) return;
        for (const address of [...waiting]) {
          await remove(address);
          waiting.delete(address);
        }
      };
    },
  };
};
