import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const shape = /^genesis_((?:tok|ses|tkt)_[0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/;

/** A bearer token, the secret of a session, or the token of a run's code for tracking, as it is shown once: its id, to look it up, and 256 random bits. */
export function makeToken(id: string): { secret: string; hash: Buffer } {
  const random = randomBytes(32).toString('base64url');
  return { secret: `genesis_${id}_${random}`, hash: hashOf(random) };
}

/** The id and hash of a presented token, or undefined where it has not the shape of one. */
export function parseToken(presented: string): { id: string; hash: Buffer } | undefined {
  const match = shape.exec(presented);
  const [, id, random] = match ?? [];
  return id === undefined || random === undefined ? undefined : { id, hash: hashOf(random) };
}

/** Compares in constant time. */
export const sameHash = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** SHA-256 of a secret of enough random bits to need no salt. */
export const hashOf = (random: string): Buffer => createHash('sha256').update(random).digest();
