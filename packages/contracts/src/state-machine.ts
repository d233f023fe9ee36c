/** The states of a thing that changes: their order, which are final, and the legal moves. */
export type StateMachine<S extends string> = {
  readonly states: readonly S[];
  readonly isFinal: (state: S) => boolean;
  readonly canMove: (from: S, to: S) => boolean;
};

export function machine<const S extends string>(
  moves: Readonly<Record<S, readonly NoInfer<S>[]>>,
): StateMachine<S> {
  const states = Object.keys(moves) as S[];
  return {
    states,
    isFinal: (state) => moves[state].length === 0,
    canMove: (from, to) => moves[from].includes(to),
  };
}
