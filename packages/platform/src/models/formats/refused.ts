/** Formats that can run code when they are read, or whose content nobody here checks, by their first bytes. */
const signatures: readonly { name: string; bytes: readonly number[]; why: string }[] = [
  ...[2, 3, 4, 5].map((protocol) => ({
    name: 'a pickle',
    bytes: [0x80, protocol],
    why: 'reading a pickle runs whatever code it names',
  })),
  {
    name: 'a zip archive, as torch.save, numpy and Keras write it',
    bytes: [0x50, 0x4b, 0x03, 0x04],
    why: 'such archives hold pickles',
  },
  {
    name: 'an array of numpy',
    bytes: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59],
    why: 'such a file may hold pickled objects',
  },
  {
    name: 'an HDF5 file',
    bytes: [0x89, 0x48, 0x44, 0x46],
    why: 'models in HDF5 carry code of their layers',
  },
  { name: 'packed with gzip, as joblib does', bytes: [0x1f, 0x8b], why: 'what joblib packs is a pickle' },
  { name: 'packed with xz, as joblib does', bytes: [0xfd, 0x37, 0x7a], why: 'what joblib packs is a pickle' },
  {
    name: 'packed with bzip2, as joblib does',
    bytes: [0x42, 0x5a, 0x68],
    why: 'what joblib packs is a pickle',
  },
  {
    name: 'packed with LZ4, as joblib does',
    bytes: [0x04, 0x22, 0x4d, 0x18],
    why: 'what joblib packs is a pickle',
  },
  ...[0x01, 0x5e, 0x9c, 0xda].map((level) => ({
    name: 'packed with zlib, as joblib does',
    bytes: [0x78, level],
    why: 'what joblib packs is a pickle',
  })),
  { name: 'a program (ELF)', bytes: [0x7f, 0x45, 0x4c, 0x46], why: 'it is code' },
];

/** Pickles of the oldest protocols are text: they end with a full stop and begin with one of a few opcodes. */
const looksLikeOldPickle = (start: Buffer): boolean =>
  /^(\([a-z]|c[a-z_.]+\n)/.test(start.toString('latin1', 0, 40));

/** Why a file that begins so is refused, in the words for what it is; undefined where nothing is known of it. */
export function whyRefused(start: Buffer): string | undefined {
  const found = signatures.find(({ bytes }) => bytes.every((byte, at) => start[at] === byte));
  if (found !== undefined) return `it is ${found.name}: ${found.why}`;
  return looksLikeOldPickle(start)
    ? 'it looks like a pickle in its oldest form: reading a pickle runs whatever code it names'
    : undefined;
}
