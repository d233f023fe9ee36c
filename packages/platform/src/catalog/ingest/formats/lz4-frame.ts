/**
 * Unpacks one LZ4 frame, as Arrow files hold them. Checksums are not looked at: the bytes of the file are hashed as a whole.
 * Source: LZ4 frame format 1.6.2 and LZ4 block format, lz4.org.
 *
 * @throws Error where the data is damaged or unpacks to more than `limit` bytes
 */
export const lz4Frame = (data: Uint8Array, limit: number): Uint8Array => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 7 || view.getUint32(0, true) !== 0x184d2204) throw new Error('no LZ4 frame');
  const flags = view.getUint8(4);
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const blockChecksum = (flags & 0x10) !== 0 ? 4 : 0;
  if (flags >> 6 !== 1 || hasDictionary) throw new Error('an LZ4 frame of an unknown kind');
  let out = new Uint8Array(
    Math.min(limit, hasSize ? Number(view.getBigUint64(6, true)) : data.length * 4 + 65_536),
  );
  let length = 0;
  const room = (more: number): void => {
    if (length + more > limit) throw new Error('LZ4 data unpacks to too much');
    if (length + more <= out.length) return;
    const larger = new Uint8Array(Math.min(limit, Math.max(out.length * 2, length + more)));
    larger.set(out.subarray(0, length));
    out = larger;
  };
  let at = hasSize ? 15 : 7;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) return out.subarray(0, length);
    const size = word & 0x7fffffff;
    if (at + size > data.length) throw new Error('an LZ4 block is cut off');
    const block = data.subarray(at, at + size);
    if (word >>> 31 === 1) {
      room(size);
      out.set(block, length);
      length += size;
    } else unpack(block);
    at += size + blockChecksum;
  }

  function unpack(block: Uint8Array): void {
    let from = 0;
    const next = (): number => {
      const byte = block[from++];
      if (byte === undefined) throw new Error('an LZ4 block is cut off');
      return byte;
    };
    const extended = (start: number): number => {
      let total = start;
      if (start === 15) {
        let byte: number;
        do {
          byte = next();
          total += byte;
        } while (byte === 255);
      }
      return total;
    };
    while (from < block.length) {
      const token = next();
      const literals = extended(token >> 4);
      if (from + literals > block.length) throw new Error('an LZ4 block is cut off');
      room(literals);
      out.set(block.subarray(from, from + literals), length);
      from += literals;
      length += literals;
      if (from === block.length) return;
      const offset = next() | (next() << 8);
      const match = extended(token & 15) + 4;
      if (offset === 0 || offset > length) throw new Error('an LZ4 match points before the data');
      room(match);
      // Byte by byte: a match may overlap itself.
      for (let i = 0; i < match; i++, length++) out[length] = out[length - offset] as number;
    }
  }
};
