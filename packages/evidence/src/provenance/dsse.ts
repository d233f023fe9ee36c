import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { decodeBase64, encodeBase64, encodeUtf8 } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { type Signer, type VerifierKey, verifyEd25519 } from '../notes/key.ts';

/** The media type of an in-toto statement in an envelope. */
export const statementType = 'application/vnd.in-toto+json';

const envelopeSchema = z.strictObject({
  payloadType: z.string().max(200),
  payload: z.string().max(64 * 2 ** 20),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200), sig: z.string().max(1000) }))
    .min(1)
    .max(20),
});
/** A signed envelope (DSSE 1.0): the signature covers the type and the exact bytes of the payload. */
export type Envelope = z.infer<typeof envelopeSchema>;

/** What is signed: the pre-authentication encoding of DSSE, which no other type or split of the bytes shares. */
export function preAuthenticationEncoding(type: string, payload: Uint8Array): Uint8Array {
  const kind = encodeUtf8(type);
  return Buffer.concat([
    encodeUtf8(`DSSEv1 ${kind.length} `),
    kind,
    encodeUtf8(` ${payload.length} `),
    payload,
  ]);
}

/** SHA-256 of the 32 bytes of the public key, in hexadecimal: it says which key, and proves nothing. */
export const keyIdOfPublicKey = (key: Pick<VerifierKey, 'publicKey'>): string =>
  hash('sha256', key.publicKey, 'hex');

/** The envelope of a payload, signed with Ed25519: equal payloads give equal envelopes. */
export function signEnvelope(signer: Signer, type: string, payload: Uint8Array): Envelope {
  const sig = encodeBase64(signer.sign(preAuthenticationEncoding(type, payload)));
  return {
    payloadType: type,
    payload: encodeBase64(payload),
    signatures: [{ keyid: keyIdOfPublicKey(signer.key), sig }],
  };
}

/** @throws MalformedError for what is no envelope, in the standard form of base64 */
export function parseEnvelope(text: string): { envelope: Envelope; payload: Uint8Array } {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new MalformedError('envelope', 'it is no JSON', { cause: error });
  }
  const parsed = envelopeSchema.safeParse(given);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new MalformedError(
      'envelope',
      `${first?.path.join('.') ?? ''}: ${first?.message ?? 'does not fit'}`,
    );
  }
  if (formatEnvelope(parsed.data) !== text)
    throw new MalformedError('envelope', 'it is not written in its one canonical form');
  const payload = decodeBase64(parsed.data.payload);
  if (payload === null) throw new MalformedError('envelope', 'the payload is no base64');
  return { envelope: parsed.data, payload };
}

/** The one text of an envelope. */
export const formatEnvelope = (envelope: Envelope): string => `${canonicalJson(envelope)}\n`;

/** Whether a signature that names this key is this key's over the payload under its type. */
export function verifyEnvelope(
  key: VerifierKey,
  { payloadType, signatures }: Envelope,
  payload: Uint8Array,
): boolean {
  const message = preAuthenticationEncoding(payloadType, payload);
  const id = keyIdOfPublicKey(key);
  return signatures.some(({ keyid, sig }) => {
    if (keyid !== id) return false;
    const signature = decodeBase64(sig);
    return signature !== null && verifyEd25519(key, message, signature);
  });
}
