export { actUnder, delegate, type PrincipalDirectory, revokeDelegation } from './delegation.ts';
export {
  type Change,
  createDoor,
  type Door,
  type DoorParts,
  type Performed,
  type WriteRequest,
} from './door.ts';
export { factsOf } from './facts.ts';
export type { ReadScope } from './scope.ts';
export { resource } from './tables.ts';
export type { WriteTx } from './tx.ts';
