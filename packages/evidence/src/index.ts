export {
  canonicalBytes,
  canonicalHash,
  canonicalJson,
  type JsonValue,
  parseCanonicalJson,
} from './canonical.ts';
export { commitBytes, commitDetails, saltBytes } from './commitment.ts';
export { sha256Hex } from './encoding.ts';
export { type EvidenceFormat, MalformedError } from './malformed.ts';
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
export {
  assembleProof,
  type NodeReader,
  type ProofPlan,
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
export { claimHash, claimSeeds, reusedSeeds } from './statistics/claim.ts';
export { evaluateClaim } from './statistics/evaluate-claim.ts';
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
