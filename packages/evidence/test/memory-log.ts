import { type EvidenceDetails, evidenceActions, type LedgerEntryBody } from '@genesis/contracts';
import {
  addSignature,
  appendLeaf,
  type CompactTree,
  canonicalBytes,
  commitDetails,
  compactRoot,
  cosign,
  emptyTree,
  formatCheckpoint,
  formatNote,
  type Hash,
  leafHash,
  type NodeCoordinate,
  type Signer,
  type StoredEntry,
  sha256Hex,
  signatureTypes,
  signerFromSeed,
  signNote,
} from '../src/index.ts';

export const sampleOrigin = 'lab.example/log';
export const logSigner = (n = 1): Signer =>
  signerFromSeed(sampleOrigin, signatureTypes.ed25519, new Uint8Array(32).fill(n));
export const witnessSigner = signerFromSeed(
  'witness.example/w',
  signatureTypes.cosignature,
  new Uint8Array(32).fill(77),
);

const firstSecond = Date.UTC(2026, 0, 1) / 1000;

/** A log in memory that keeps its nodes and signs a checkpoint whenever it is asked to. */
export class MemoryLog {
  readonly entries: StoredEntry[] = [];
  readonly checkpoints: string[] = [];
  readonly signer: Signer;
  readonly witness: Signer | undefined;
  #tree: CompactTree = emptyTree;
  readonly #nodes = new Map<string, Hash>();

  constructor(signer: Signer, witness?: Signer) {
    this.signer = signer;
    this.witness = witness;
  }

  get seconds(): number {
    return firstSecond + this.entries.length * 60;
  }

  append(action: string, details: unknown, effect: LedgerEntryBody['decision']['effect'] = 'allow'): string {
    const index = this.entries.length;
    const salt = Buffer.from(sha256Hex(`salt ${index}`), 'hex');
    const body: LedgerEntryBody = {
      v: 1,
      id: `ent_${String(index).padStart(4, '0')}`,
      time: new Date(this.seconds * 1000).toISOString(),
      actor: 'prn_1',
      action,
      resource: null,
      decision: { effect, rationaleCode: 'role-permits' },
      commitment: commitDetails(salt, details),
    };
    const step = appendLeaf(this.#tree, leafHash(canonicalBytes(body)));
    this.#tree = step.tree;
    for (const node of step.completed) this.#nodes.set(`${node.level}/${node.index}`, node.hash);
    this.entries.push({ index, body, opening: { salt, details } });
    return body.id;
  }

  evidence(details: EvidenceDetails): string {
    return this.append(evidenceActions[details.kind], details);
  }

  checkpoint(): void {
    const text = formatCheckpoint({
      origin: this.signer.key.name,
      size: this.#tree.size,
      root: compactRoot(this.#tree),
      extensions: [],
    });
    const note = signNote(text, this.signer);
    const cosigned =
      this.witness === undefined ? note : addSignature(note, cosign(text, this.witness, this.seconds - 30));
    this.checkpoints.push(formatNote(cosigned));
  }

  readonly readNodes = async (nodes: readonly NodeCoordinate[]): Promise<Hash[]> =>
    nodes.map(({ level, index }) => {
      const hash = this.#nodes.get(`${level}/${index}`);
      if (hash === undefined) throw new Error(`no node ${level}/${index}`);
      return hash;
    });
}
