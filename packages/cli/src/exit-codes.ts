/** How the command ends, for scripts. `genesis help exit-codes` and the README print this list. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  originUnproven: 3,
  denied: 4,
  notFound: 5,
  unavailable: 6,
  conflict: 7,
  interrupted: 130,
} as const;

export const exitCodeMeanings: readonly { code: number; meaning: string }[] = [
  { code: exitCodes.ok, meaning: 'done; for verify: every check passed and the key is the given one' },
  { code: exitCodes.failed, meaning: 'failed; for verify: a check failed' },
  {
    code: exitCodes.usage,
    meaning: 'the command line or the input is not valid; for verify: not a crate at all',
  },
  { code: exitCodes.originUnproven, meaning: 'verify: consistent, origin unproven (no --key was given)' },
  { code: exitCodes.denied, meaning: 'denied, sealed, or no valid token' },
  { code: exitCodes.notFound, meaning: 'there is no such thing, or you may not know of it' },
  { code: exitCodes.unavailable, meaning: 'no server answers, or it cannot serve just now: try again later' },
  { code: exitCodes.conflict, meaning: 'does not fit the present state, or nothing is left to spend' },
  { code: exitCodes.interrupted, meaning: 'interrupted (Ctrl-C)' },
];
