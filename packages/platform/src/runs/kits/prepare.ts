/** Making the environment of a kit before anybody needs it. */
import { GenesisError } from '@genesis/contracts';
import type { Environments } from '../../compute/index.ts';
import type { Kits } from './kits.ts';
import type { Kit } from './read-kit.ts';

export type EnvironmentView = {
  state: 'ready' | 'making' | 'absent' | 'impossible';
  /** Null where no Python fits. */
  key: string | null;
  /** What was told while it was made, the newest last; fifty lines at most. */
  lines: string[];
  /** Why it could not be made the last time, and what is to be done. */
  problem: string | null;
};

const mostLines = 50;

export type KitEnvironments = ReturnType<typeof createKitEnvironments>;

export function createKitEnvironments({ kits, environments }: { kits: Kits; environments: Environments }) {
  /** By the hash of the sources: what goes on, or went wrong. */
  const making = new Map<string, { lines: string[]; problem: string | null; done: boolean }>();
  const wantedOf = ({ lock, manifest }: Kit) => ({
    lock: lock.text,
    python: manifest.python,
    indexes: manifest.indexes,
  });

  const kitOf = (name: string): Kit => {
    const kit = kits.list().find(({ manifest }) => manifest.name === name);
    if (kit !== undefined) return kit;
    const known = kits.list().map(({ manifest }) => manifest.name);
    const message = `There is no kit "${name}"; there are: ${known.join(', ') || 'none'}.`;
    throw new GenesisError({ code: 'not-found', message });
  };

  async function look(kit: Kit): Promise<EnvironmentView> {
    const { lines = [], problem = null, done = true } = making.get(kit.sources) ?? {};
    const told = { lines: [...lines], problem };
    if (!done) return { state: 'making', key: null, ...told };
    try {
      return { ...told, ...(await environments.inspect(wantedOf(kit))) };
    } catch (error) {
      if (!(error instanceof GenesisError)) throw error;
      return { state: 'impossible', key: null, lines: [], problem: error.message };
    }
  }

  return {
    kits,
    kitOf,
    look,
    /** Begins to make it, unless it is there or being made; `look` tells how far it is. */
    prepare(kit: Kit): void {
      if (making.get(kit.sources)?.done === false) return;
      const state = { lines: [] as string[], problem: null as string | null, done: false };
      making.set(kit.sources, state);
      const onProgress = (line: string): void => {
        state.lines = [...state.lines, line].slice(-mostLines);
      };
      environments.ensure(wantedOf(kit), { onProgress }).then(
        () => {
          state.done = true;
        },
        (error: unknown) => {
          state.problem = error instanceof Error ? error.message : String(error);
          state.done = true;
        },
      );
    },
  };
}
