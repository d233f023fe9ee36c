import { createHash, hash } from 'node:crypto';
import { type Cell, canonicalCell, joinCells } from './split-cells.ts';

const lanes = 64;

/** Takes rows one by one, in any order, and gives the hash of their multiset. */
export type TableHasher = { add(cells: readonly Cell[]): void; digest(): string };

/**
 * A streaming hash of a table as the multiset of its rows, each row the multiset of its values in canonical form. The
 * order of rows, the order and names of columns, and the spelling of numbers do not matter; repetitions do. State:
 * 256 bytes, whatever the number of rows.
 *
 * Each row is expanded by SHAKE128 to 64 lanes of 32 bits, which are added lane by lane (the lattice hash of Bellare
 * and Micciancio, EUROCRYPT 1997, with 2,048 bits of state); the digest is SHA-256 over the lanes and the row count. A
 * plain sum of 256-bit hashes would fall to Wagner's generalised birthday attack (CRYPTO 2002) in about 2^32 steps
 * (2 to the 2 sqrt(bits)); at 2,048 bits that attack takes about 2^90. It recognises a table again; the integrity of
 * files rests on plain SHA-256, not on this.
 */
export function createTableHasher(): TableHasher {
  const sums = new Uint32Array(lanes);
  let rows = 0;
  return {
    add(cells) {
      const expanded = hash('shake128', joinCells(cells.map(canonicalCell).sort()), {
        outputEncoding: 'buffer',
        outputLength: lanes * 4,
      });
      for (let lane = 0; lane < lanes; lane++) sums[lane] = sums[lane]! + expanded.readUInt32LE(lane * 4);
      rows++;
    },
    digest() {
      const state = Buffer.alloc(lanes * 4 + 8);
      sums.forEach((sum, lane) => {
        state.writeUInt32LE(sum, lane * 4);
      });
      state.writeBigUInt64LE(BigInt(rows), lanes * 4);
      return createHash('sha256').update('genesis/table/1/').update(state).digest('hex');
    },
  };
}

/** `createTableHasher` over rows at hand. */
export function canonicalTableHash(rows: Iterable<readonly Cell[]>): string {
  const hasher = createTableHasher();
  for (const cells of rows) hasher.add(cells);
  return hasher.digest();
}
