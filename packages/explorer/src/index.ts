export { ExplorerError } from './errors.ts';
export {
  assertGoal,
  assertObservations,
  bestOf,
  type Goal,
  isBetter,
  type Observation,
  score,
} from './goal.ts';
export { predict } from './predict.ts';
export { projectDesign } from './project.ts';
export { createRandom, deriveSeed, type Random } from './random.ts';
export { drawDesign } from './sample-space.ts';
export { decodeSurrogate, type EncodedSurrogate, encodeSurrogate, type Tensor } from './serialise.ts';
export {
  assertDesign,
  assertSpace,
  type Constraint,
  type Design,
  designKey,
  keepsConstraints,
  type Parameter,
  type Space,
} from './space.ts';
export type { StartDesign } from './starts.ts';
export { type Strategy, type Suggestion, type SuggestRequest, suggest } from './suggest.ts';
export { type FitRequest, fitSurrogate, type Surrogate } from './surrogate.ts';
