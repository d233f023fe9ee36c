import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import {
  decodeBase64,
  decodeHex,
  encodeBase64,
  encodeUtf8,
  hasControlCharacter,
  sameBytes,
} from '../encoding.ts';
import { MalformedError } from '../malformed.ts';

/** Signature types of C2SP signed-note that we use: a log signs notes, a witness signs with a time. */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;

export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes];

/** Who may have signed: the name and key id on the signature line, and the Ed25519 public key of 32 bytes. */
export interface VerifierKey {
  readonly name: string;
  readonly keyId: number;
  readonly type: SignatureType;
  readonly publicKey: Uint8Array;
}

/** A key that signs; `sign` gives the 64 bytes of Ed25519 over exactly the message. */
export interface Signer {
  readonly key: VerifierKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const publicKeyBytes = 32;
const seedBytes = 32;
/** RFC 8410: the DER prefixes of an Ed25519 public key and of a private key that holds a seed. */
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key name that C2SP signed-note allows: not empty, no Unicode space, no plus, no control character. */
export function isKeyName(name: string): boolean {
  return (
    name !== '' && name.isWellFormed() && !/[\p{White_Space}+]/u.test(name) && !hasControlCharacter(name)
  );
}

function isSignatureType(value: number | undefined): value is SignatureType {
  return value === signatureTypes.ed25519 || value === signatureTypes.cosignature;
}

function keyIdOf(name: string, type: SignatureType, publicKey: Uint8Array): number {
  const input = Buffer.concat([encodeUtf8(`${name}\n`), Buffer.of(type), publicKey]);
  return hash('sha256', input, 'buffer').readUInt32BE(0);
}

/** A verifier key from its parts; its id is the first four bytes of SHA-256(name, newline, type, key). */
function makeVerifierKey(name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) {
    throw new MalformedError('verifier-key', 'a key name is not empty and has no white space and no "+"');
  }
  if (publicKey.length !== publicKeyBytes) {
    throw new MalformedError('verifier-key', 'an Ed25519 public key has 32 bytes');
  }
  return { name, type, publicKey, keyId: keyIdOf(name, type, publicKey) };
}

function formatKeyId(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}

/** `name+hash+base64`, as C2SP signed-note and golang.org/x/mod/sumdb/note write it. */
export function formatVerifierKey(key: VerifierKey): string {
  const material = encodeBase64(Buffer.concat([Buffer.of(key.type), key.publicKey]));
  return `${key.name}+${formatKeyId(key.keyId)}+${material}`;
}

function splitKey(
  text: string,
  format: 'verifier-key' | 'signer-key',
): { name: string; keyId: number; type: SignatureType; material: Uint8Array } {
  const [name, id, ...rest] = text.split('+');
  const idBytes = id === undefined ? null : decodeHex(id);
  const material = decodeBase64(rest.join('+'));
  if (name === undefined || !isKeyName(name) || idBytes?.length !== 4 || material === null) {
    throw new MalformedError(format, 'expected name+hash+base64, with eight hexadecimal digits as the hash');
  }
  const type = material[0];
  if (!isSignatureType(type) || material.length !== 1 + publicKeyBytes) {
    throw new MalformedError(
      format,
      'only Ed25519 keys (type 0x01) and Ed25519 cosigner keys (0x04) are known',
    );
  }
  return { name, keyId: Buffer.from(idBytes).readUInt32BE(0), type, material: material.subarray(1) };
}

/** Reads `name+hash+base64`. The hash must be the one that the name, type and key give. */
export function parseVerifierKey(text: string): VerifierKey {
  const { name, keyId, type, material } = splitKey(text, 'verifier-key');
  const key = makeVerifierKey(name, type, material);
  if (key.keyId !== keyId)
    throw new MalformedError('verifier-key', 'the hash does not belong to this name and key');
  return key;
}

/** A signer from 32 secret bytes (RFC 8032 seed). The caller draws them, so that tests can fix them. */
export function signerFromSeed(name: string, type: SignatureType, seed: Uint8Array): Signer {
  if (seed.length !== seedBytes) throw new MalformedError('signer-key', 'an Ed25519 seed has 32 bytes');
  const privateKey = createPrivateKey({
    key: Buffer.concat([privatePrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const key = makeVerifierKey(name, type, new Uint8Array(spki.subarray(publicPrefix.length)));
  return { key, sign: (message) => sign(null, message, privateKey) };
}

/** `PRIVATE+KEY+name+hash+base64` of golang.org/x/mod/sumdb/note. Secret: keep it in a file of mode 0600. */
export function formatSignerKey(name: string, type: SignatureType, seed: Uint8Array): string {
  const { key } = signerFromSeed(name, type, seed);
  return `PRIVATE+KEY+${name}+${formatKeyId(key.keyId)}+${encodeBase64(Buffer.concat([Buffer.of(type), seed]))}`;
}

/** Reads what `formatSignerKey` writes. No message ever repeats the secret. */
export function parseSignerKey(text: string): Signer {
  const prefix = 'PRIVATE+KEY+';
  if (!text.startsWith(prefix)) throw new MalformedError('signer-key', `expected ${prefix}name+hash+base64`);
  const { name, keyId, type, material } = splitKey(text.slice(prefix.length), 'signer-key');
  const signer = signerFromSeed(name, type, material);
  if (signer.key.keyId !== keyId) {
    throw new MalformedError('signer-key', 'the hash does not belong to this name and key');
  }
  return signer;
}

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: 'der', type: 'spki' });
}

/** True only if `signature` is this key's Ed25519 signature (RFC 8032) over exactly the message. */
export function verifyEd25519(key: VerifierKey, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, message, publicKeyObject(key.publicKey), signature);
}

export function sameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.type === b.type && sameBytes(a.publicKey, b.publicKey);
}
