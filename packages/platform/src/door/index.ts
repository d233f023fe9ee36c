export { assertAllowed } from './assert-allowed.ts';
export {
  actUnder,
  delegate,
  delegationLives,
  type NewDelegation,
  type PrincipalDirectory,
  revokeDelegation,
  unvouched,
} from './delegation.ts';
export {
  type Change,
  createDoor,
  type Door,
  type DoorParts,
  denied,
  type Performed,
  type WriteRequest,
} from './door.ts';
export { createEvidenceReads, type EvidenceReads, type Lineage } from './evidence.ts';
export { factsOf, placeNew, placeUnder } from './facts.ts';
export { platformFacts, platformPrincipal } from './platform.ts';
export type { ReadScope } from './scope.ts';
export { resource } from './tables.ts';
export type { WriteTx } from './tx.ts';
export type { Use } from './use-together.ts';
