import { type Signer, signatureTypes, signerFromSeed, type VerifierKey } from '@genesis/evidence';
import type { Keyring } from '../../kernel/index.ts';

/** The platform's own key for statements about models: of a name and a secret of its own, beside those of the ledger. */
export type ProvenanceSigner = Signer & { key: VerifierKey };

/** Made at the first start and the same ever after; a backup has it. */
export async function openProvenanceSigner(keys: Keyring, origin: string): Promise<ProvenanceSigner> {
  return signerFromSeed(`${origin}/provenance`, signatureTypes.ed25519, await keys.secret('provenance', 32));
}
