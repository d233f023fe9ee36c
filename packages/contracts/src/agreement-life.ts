/*
 * The life of an agreement: its states, the legal moves, who makes them, and the moves that time makes. Only some states are
 * stored; whether a signed agreement is active or has expired follows from the clock whenever somebody looks.
 */

/** In the order in which an agreement goes through them. */
export const agreementStates = [
  'drafted',
  'in-review',
  'signed',
  'active',
  'suspended',
  'expired',
  'terminated',
] as const;
export type AgreementState = (typeof agreementStates)[number];

/** States that are stored: those that somebody's act leads to. */
export type StoredAgreementState = Exclude<AgreementState, 'active' | 'expired'>;

export const agreementActs = ['amend', 'review', 'sign', 'suspend', 'resume', 'terminate'] as const;
export type AgreementAct = (typeof agreementActs)[number];

type Move = {
  /** Where the act is possible. */
  from: readonly AgreementState[];
  /** What is stored afterwards; null where the state stays. */
  to: StoredAgreementState | null;
  /** Who may act, in words; the rules of policy say the same to the machine. */
  by: string;
};

/**
 * `sign` leads to `signed` with the last signature only. `amend` proposes a version: before the first is signed it takes the
 * place of the draft, afterwards the version in force stays in force until all have signed the new one.
 */
export const agreementMoves: Readonly<Record<AgreementAct, Move>> = {
  amend: {
    from: ['drafted', 'in-review', 'signed', 'active', 'suspended'],
    to: null,
    by: 'a steward of a party',
  },
  review: { from: ['drafted'], to: 'in-review', by: 'a steward of the party that drafted it' },
  sign: {
    from: ['in-review', 'signed', 'active', 'suspended'],
    to: null,
    by: 'the representative of each party',
  },
  suspend: { from: ['signed', 'active'], to: 'suspended', by: 'a steward of a party' },
  resume: { from: ['suspended'], to: 'signed', by: 'a steward of the party that suspended it' },
  terminate: {
    from: ['drafted', 'in-review', 'signed', 'active', 'suspended'],
    to: 'terminated',
    by: 'a steward of a party',
  },
};

/** The term of the version in force, in milliseconds since the epoch; null before there is one. */
export type AgreementTerm = { startsAt: number | null; endsAt: number | null };

/** The state at a moment. An agreement whose end has come is expired even while it was suspended. */
export function agreementStateAt(
  stored: StoredAgreementState,
  { startsAt, endsAt }: AgreementTerm,
  at: number,
): AgreementState {
  if (stored !== 'signed' && stored !== 'suspended') return stored;
  if (endsAt !== null && at >= endsAt) return 'expired';
  return stored === 'signed' && startsAt !== null && at >= startsAt ? 'active' : stored;
}

/** Whether an act is possible in a state. */
export const agreementMayMove = (state: AgreementState, act: AgreementAct): boolean =>
  agreementMoves[act].from.includes(state);

/** Whether nothing leads on from a state. */
export const agreementIsOver = (state: AgreementState): boolean =>
  agreementActs.every((act) => !agreementMayMove(state, act));
