export { appendEntry, type Edge, type NewEntry } from './append.ts';
export {
  type LineageEdge,
  readExports,
  readLineage,
  readParts,
  readSubject,
  readUses,
  type Use,
} from './lineage.ts';
export { createLedgerLog, type LedgerLog, type ProvenEntry } from './log.ts';
export { createSequencer, type Sequencer } from './sequencer.ts';
