import { createCipheriv, createDecipheriv } from 'node:crypto';
import { GenesisError } from '@genesis/contracts';

/*
 * Sealed bytes are a sequence of frames: four bytes with the length of the ciphertext, whose highest bit marks the
 * last frame, then the ciphertext, then its tag (AES-256-GCM). The nonce is the number of the frame, which is safe
 * because each key seals one stream only. Authenticated with each frame are the context and whether it is the last;
 * so frames that are changed, moved, dropped, doubled or taken from another stream do not open, nor does a beginning.
 */

const frameBytes = 64 * 1024;
const tagBytes = 16;
const lastBit = 0x8000_0000;

const nonceOf = (frame: number): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(frame), 4);
  return nonce;
};

const associated = (context: string, last: boolean): Buffer =>
  Buffer.from(`${last ? 'last' : 'more'}:${context}`);

const damaged = (cause?: unknown): GenesisError =>
  new GenesisError(
    {
      code: 'internal',
      message: 'Sealed data cannot be opened: it was changed, cut short, or has another key.',
    },
    { cause },
  );

/** Cuts a stream into pieces of exactly `size` bytes; the last piece is shorter, and may be empty. */
async function* pieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    held += chunk.length;
    if (held < size) continue;
    let bytes = Buffer.concat(waiting);
    for (; bytes.length >= size; bytes = bytes.subarray(size)) yield bytes.subarray(0, size);
    waiting = [bytes];
    held = bytes.length;
  }
  yield Buffer.concat(waiting);
}

const sealFrame = (piece: Buffer, frame: number, last: boolean, key: Uint8Array, context: string): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(frame)).setAAD(associated(context, last));
  const body = Buffer.concat([cipher.update(piece), cipher.final()]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE((last ? lastBit : 0) + body.length);
  return Buffer.concat([head, body, cipher.getAuthTag()]);
};

/**
 * Encrypts a stream in frames of 64 KiB.
 * @param key 32 random bytes, used for this one stream only.
 * @param context what the ciphertext is bound to; the same text opens it.
 */
export async function* seal(
  source: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  context: string,
): AsyncGenerator<Buffer> {
  let frame = 0;
  for await (const piece of pieces(source, frameBytes)) {
    yield sealFrame(piece, frame++, piece.length < frameBytes, key, context);
  }
}

const openFrame = (body: Buffer, frame: number, last: boolean, key: Uint8Array, context: string): Buffer => {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(frame), { authTagLength: tagBytes });
    decipher.setAAD(associated(context, last)).setAuthTag(body.subarray(-tagBytes));
    return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]);
  } catch (error) {
    throw damaged(error);
  }
};

/**
 * Decrypts what `seal` made. Every piece that it yields is authentic and in its place; that the stream is whole is
 * known when it ends without an error (`internal`), so act on the whole only after that.
 */
export async function* unseal(
  source: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  context: string,
): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let frame = 0;
  let ended = false;
  for await (const chunk of source) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    while (held.length >= 4) {
      const head = held.readUInt32BE(0);
      const last = head >= lastBit;
      const bytes = (last ? head - lastBit : head) + tagBytes;
      if (ended || bytes > frameBytes + tagBytes) throw damaged();
      if (held.length < 4 + bytes) break;
      const piece = openFrame(held.subarray(4, 4 + bytes), frame++, last, key, context);
      held = held.subarray(4 + bytes);
      ended = last;
      if (piece.length > 0) yield piece;
    }
  }
  if (!ended || held.length > 0) throw damaged();
}
