/** One field of a protobuf message: bytes of a length-delimited one, or the number of a varint; fixed fields are skipped over. */
export type Field = { number: number; bytes?: Buffer; value?: number };

/** Thrown for bytes that are no protobuf; the caller says which file it was. */
export class ProtobufError extends Error {}

function varint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; shift < 10; shift++) {
    const byte = bytes[at + shift];
    if (byte === undefined) throw new ProtobufError('it ends within a number');
    // Beyond 2^53 the value is inexact: nothing that is looked at here may be that large.
    value += (byte & 0x7f) * 2 ** (7 * shift);
    if (byte < 0x80) return { value, next: at + shift + 1 };
  }
  throw new ProtobufError('a number has more than ten bytes');
}

/**
 * The fields of a message, in order, as views into `bytes`: each byte is looked at about once and nothing is copied.
 *
 * @throws ProtobufError where lengths or wire types do not fit
 */
export function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    at = tag.next;
    const number = Math.floor(tag.value / 8);
    if (number === 0 || number > 0x1fffffff) throw new ProtobufError('a field has an impossible number');
    switch (tag.value % 8) {
      case 0: {
        const { value, next } = varint(bytes, at);
        at = next;
        yield { number, value };
        break;
      }
      case 1:
        at += 8;
        yield { number };
        break;
      case 2: {
        const { value: length, next } = varint(bytes, at);
        if (length > bytes.length - next) throw new ProtobufError('a field is longer than what holds it');
        at = next + length;
        yield { number, bytes: bytes.subarray(next, at) };
        break;
      }
      case 5:
        at += 4;
        yield { number };
        break;
      default:
        throw new ProtobufError('a field has a wire type that protobuf does not have any more');
    }
    if (at > bytes.length) throw new ProtobufError('it ends within a field');
  }
}
