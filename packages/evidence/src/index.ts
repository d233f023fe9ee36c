export {
  canonicalBytes,
  canonicalHash,
  canonicalJson,
  type JsonValue,
  parseCanonicalJson,
} from './canonical.ts';
export { commitBytes, commitDetails, saltBytes } from './commitment.ts';
export {
  type ContentParts,
  type CrateContent,
  type HypothesisPart,
  type ModelPart,
  prepareContent,
} from './crate/content.ts';
export { readTable, type Table, writeTable } from './crate/csv.ts';
export { contentHash, labelHash, modelArtifactHash, outcomeHash, planHash } from './crate/hashes.ts';
export type {
  CampaignFile,
  Experiment,
  HypothesisRecord,
  LedgerLine,
  Manifest,
  ModelRecord,
  Proofs,
  SplitFile,
  Summary,
} from './crate/schemas.ts';
export { summarise } from './crate/summary.ts';
export {
  type LedgerPart,
  type LedgerSource,
  proveLedger,
  type StoredEntry,
  writeCrate,
} from './crate/write-crate.ts';
export { sha256Hex } from './encoding.ts';
export { type EvidenceFormat, MalformedError } from './malformed.ts';
export { planBatch, rootFromBatch } from './merkle/batch.ts';
export {
  appendLeaf,
  type CompactTree,
  checkCompactTree,
  compactRoot,
  emptyTree,
  type NodeCoordinate,
  type StoredNode,
} from './merkle/compact.ts';
export { emptyRoot, type Hash, leafHash, nodeHash, rootFromLeaves } from './merkle/hash.ts';
export type { ProofPlan } from './merkle/plan.ts';
export {
  assembleProof,
  type NodeReader,
  planConsistency,
  planInclusion,
  proveConsistency,
  proveInclusion,
  readCompactTree,
} from './merkle/prove.ts';
export { rootFromInclusion, verifyConsistency, verifyInclusion } from './merkle/verify.ts';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './notes/checkpoint.ts';
export { cosign, verifyCosignature } from './notes/cosignature.ts';
export {
  formatSignerKey,
  formatVerifierKey,
  parseSignerKey,
  parseVerifierKey,
  type SignatureType,
  type Signer,
  signatureTypes,
  signerFromSeed,
  type VerifierKey,
} from './notes/key.ts';
export {
  addSignature,
  formatNote,
  type NoteSignature,
  type OpenedNote,
  openNote,
  parseNote,
  type SignedNote,
  signNote,
} from './notes/note.ts';
export { formatTlogProof, parseTlogProof, type TlogProof, verifyTlogProof } from './notes/tlog-proof.ts';
export {
  type Envelope,
  formatEnvelope,
  keyIdOfPublicKey,
  parseEnvelope,
  preAuthenticationEncoding,
  signEnvelope,
  statementType,
  verifyEnvelope,
} from './provenance/dsse.ts';
export {
  modelBuildType,
  type ProvenanceStatement,
  parseStatement,
  type ResourceDescriptor,
  statementBytes,
} from './provenance/statement.ts';
export { type ModelReport, modelExport, verifyModelExport } from './provenance/verify-model.ts';
export { assignSplit, planSplit, type Side, type SplitRule, sideOf } from './split.ts';
export { type Cell, canonicalCell, canonicalRowKey } from './split-cells.ts';
export {
  fingerprintOverlap,
  type Overlap,
  type RowFingerprints,
  rowFingerprints,
} from './split-fingerprints.ts';
export { canonicalTableHash, createTableHasher, type TableHasher } from './split-table-hash.ts';
export {
  alphaLeft,
  openFamily,
  type SpendRequest,
  type SpendResult,
  spend,
} from './statistics/alpha-budget.ts';
export { claimHash, claimSeeds, reusedSeeds, rowsHash } from './statistics/claim.ts';
export {
  brierScore,
  type CalibrationBin,
  calibrationTable,
  type StatedConfidence,
} from './statistics/confidence.ts';
export { evaluateClaim } from './statistics/evaluate-claim.ts';
export { experimentProblems, type RecordedExperiment } from './statistics/experiments.ts';
export { type EntryLosses, type RankedEntry, rankEntries } from './statistics/leaderboard.ts';
export { median } from './statistics/median.ts';
export {
  type PlannedTest,
  type PowerQuestion,
  planTest,
  suggestSampleSize,
} from './statistics/sample-size.ts';
export type { ArmsRow, EvaluationRow, PredictionRow } from './statistics/units.ts';
export {
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  encodeTile,
  parseTilePath,
  type TileCoordinate,
  type TileReader,
  tileNodeReader,
  tilePath,
  tileWidth,
  tileWidthAt,
} from './tiles/tiles.ts';
export type { Predict } from './verify/recompute.ts';
export type { Finding, NotRecomputed, VerifyReport } from './verify/report.ts';
export { type VerifyOptions, verifyCrate } from './verify/verify-crate.ts';
export type { ZipEntry } from './zip/records.ts';
export { readZip, writeZip, type ZipLimits } from './zip/zip.ts';
