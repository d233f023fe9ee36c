import { randomBytes } from 'node:crypto';
import { type IdKind, idPrefixes } from '@genesis/contracts';
import { type Clock, systemClock } from './clock.ts';

/** Crockford's base 32 in lower case: no i, l, o or u, so that an id survives being read aloud. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const encode = (value: bigint, characters: number): string => {
  let rest = value;
  let text = '';
  for (let index = 0; index < characters; index++) {
    text = alphabet[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return text;
};

export type Ids = {
  /**
   * A fresh id: prefix, underscore, 48 bits of milliseconds and 80 random bits (the layout of a ULID).
   * Ids sort by the millisecond of their making; they cannot be guessed.
   */
  next(kind: IdKind): string;
};

export const createIds = (
  clock: Clock = systemClock,
  random: (bytes: number) => Buffer = randomBytes,
): Ids => ({
  next: (kind) => {
    const time = encode(BigInt(clock.now().getTime()), 10);
    const noise = encode(BigInt(`0x${random(10).toString('hex')}`), 16);
    return `${idPrefixes[kind]}_${time}${noise}`;
  },
});
