import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addSignature,
  cosign,
  emptyRoot,
  formatCheckpoint,
  formatNote,
  formatSignerKey,
  formatTlogProof,
  formatVerifierKey,
  leafHash,
  MalformedError,
  nodeHash,
  openNote,
  parseCheckpoint,
  parseNote,
  parseSignerKey,
  parseTlogProof,
  parseVerifierKey,
  signatureTypes,
  signerFromSeed,
  signNote,
  verifyCosignature,
  verifyTlogProof,
} from '../src/index.ts';
import vectors from './vectors/notes.json' with { type: 'json' };

const peter = parseVerifierKey(vectors.peterVerifier);
const enoch = parseVerifierKey(vectors.enochVerifier);
const { text } = vectors;

test('the published key strings are read, written again and refused in every mangled form', () => {
  expect(formatVerifierKey(peter)).toBe(vectors.peterVerifier);
  expect(formatVerifierKey(parseSignerKey(vectors.peterSigner).key)).toBe(vectors.peterVerifier);
  expect(peter.keyId).toBe(0xc74f20a3);
  for (const [whole, parse] of [
    [vectors.peterVerifier, parseVerifierKey],
    [vectors.peterSigner, parseSignerKey],
  ] as const) {
    for (let from = 0; from < whole.length; from++) {
      for (let to = from; to <= whole.length; to++) {
        if (to - from === whole.length) continue;
        expect(() => parse(whole.slice(from, to))).toThrow(MalformedError);
      }
      const next = String.fromCharCode(whole.charCodeAt(from) + 1);
      expect(() => parse(whole.slice(0, from) + next + whole.slice(from + 1))).toThrow(MalformedError);
    }
  }
  expect(() => parseVerifierKey(vectors.wrongLengthKey)).toThrow(MalformedError);
  expect(() => parseVerifierKey(vectors.unknownAlgorithmKey)).toThrow('only Ed25519');
  expect(() => parseVerifierKey(vectors.peterVerifier.replace('c74f20a3', 'C74F20A3'))).toThrow(
    MalformedError,
  );
});

test('no message of a refused signer key repeats the secret', () => {
  const secret = vectors.peterSigner.split('+').at(-1)!;
  for (const bad of [vectors.peterSigner.replace('c74f20a3', 'c74f20a4'), `${vectors.peterSigner}=`]) {
    expect(() => parseSignerKey(bad)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(secret) }),
    );
  }
});

test('the published note is signed byte for byte and opened', () => {
  expect(formatNote(signNote(text, parseSignerKey(vectors.peterSigner)))).toBe(
    `${text}\n${vectors.peterLine}`,
  );
  const both = `${text}\n${vectors.peterLine}${vectors.enochLine}`;
  expect(openNote(both, [peter]).verifiedBy).toEqual([peter]);
  expect(openNote(both, [peter, enoch]).verifiedBy).toEqual([peter, enoch]);
  expect(openNote(`${text}\n${vectors.peterLine}${vectors.peterLine}`, [peter]).verifiedBy).toEqual([peter]);
  expect(() => openNote(both, [])).toThrow('no signature by a known key');
});

test('a wrong signature of a known key refuses the whole note', () => {
  const lines = `${vectors.peterLine}${vectors.enochLine.replace('rwz+eBzm', 'rwz+eBzn')}`;
  expect(openNote(`${text}\n${lines}`, [peter]).verifiedBy).toEqual([peter]);
  expect(() => openNote(`${text}\n${lines}`, [peter, enoch])).toThrow('EnochRoot does not hold');
  expect(() => openNote(`x${text}\n${lines}`, [peter])).toThrow('PeterNeumann does not hold');
});

test.each([
  ['no signatures', text],
  ['empty signatures', `${text}\n`],
  ['no last newline', `${text}\n${vectors.peterLine.slice(0, -1)}`],
  ['control character', `\u0001${text}\n${vectors.peterLine}`],
  ['carriage return', `${text}\r\n${vectors.peterLine}`],
  ['name with a space', `${text}\n— Bad Name x08go/ZJ\n`],
  ['unicode space in name', `${text}\n— Bad\u00a0Name x08go/ZJkuBS\n`],
  ['plus in name', `${text}\n— a+b x08go/ZJkuBS\n`],
  ['hyphen for a dash', `${text}\n- PeterNeumann x08go/ZJkuBS\n`],
  ['unexpected line', `${text}\n${vectors.peterLine}Unexpected line.\n`],
  ['short signature', `${text}\n— a AAAAAA==\n`],
  ['loose base64', `${text}\n— a AAAAAAB\n`],
  ['101 signatures', `${text}\n${vectors.peterLine.repeat(101)}`],
  ['over a megabyte', `${'a'.repeat(1_000_000)}\n\n${vectors.peterLine}`],
])('refuses a note with %s', (_, note) => {
  expect(() => parseNote(note)).toThrow(MalformedError);
  expect(() => openNote(note, [peter])).toThrow(MalformedError);
});

test('refuses bytes that are not UTF-8', () => {
  expect(() =>
    parseNote(Buffer.concat([Buffer.from([0xff]), Buffer.from(`${text}\n${vectors.peterLine}`)])),
  ).toThrow('not UTF-8');
});

test('whatever is accepted is written again with the same bytes', () => {
  const piece = fc.constantFrom(
    '\n',
    '\n\n',
    'a',
    ' ',
    '— ',
    'AAAAAAA=',
    'name',
    vectors.peterLine,
    text,
    '+',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const input = pieces.join('');
      try {
        expect(formatNote(parseNote(input))).toBe(input);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a real checkpoint opens under the key of its log and of a witness of the public network', () => {
  const log = parseVerifierKey(vectors.logVerifier);
  const witness = parseVerifierKey(vectors.witnessVerifier);
  const opened = openNote(vectors.cosignedCheckpoint, [log, witness]);
  expect(opened.verifiedBy).toEqual([log, witness]);
  expect(formatNote(opened)).toBe(vectors.cosignedCheckpoint);
  const checkpoint = parseCheckpoint(opened.text);
  expect(checkpoint.size).toBe(1_432_088_532);
  expect(formatCheckpoint(checkpoint)).toBe(opened.text);
  const line = opened.signatures.find(({ name }) => name === witness.name)!;
  expect(verifyCosignature(witness, opened.text, line.signature)).toBe(vectors.cosignedAt);
  expect(() => openNote(vectors.cosignedCheckpoint.replace('1432088532', '1432088533'), [witness])).toThrow(
    'does not hold',
  );
});

const seed = (n: number) => new Uint8Array(32).fill(n);
const log = signerFromSeed('example.org/log', signatureTypes.ed25519, seed(1));
const witness = signerFromSeed('example.org/witness', signatureTypes.cosignature, seed(2));

test('a cosignature binds key, time and checkpoint', () => {
  const body = formatCheckpoint({
    origin: 'example.org/log',
    size: 0,
    root: emptyRoot,
    extensions: ['an extension'],
  });
  const signature = cosign(body, witness, 1_700_000_000);
  const note = formatNote(addSignature(signNote(body, log), signature));
  expect(openNote(note, [log.key, witness.key]).verifiedBy).toHaveLength(2);
  expect(verifyCosignature(witness.key, body, signature.signature)).toBe(1_700_000_000);
  for (const at of signature.signature.keys()) {
    const changed = Uint8Array.from(signature.signature);
    changed[at]! ^= 1;
    expect(verifyCosignature(witness.key, body, changed)).toBeNull();
  }
  expect(verifyCosignature(log.key, body, signature.signature)).toBeNull();
  expect(() => cosign(body, log, 1)).toThrow('only a cosigner key');
  expect(() => cosign('not a checkpoint\n', witness, 1)).toThrow('checkpoint');
  expect(() => cosign(body, witness, 1.5)).toThrow('whole seconds');
  expect(() => signNote(body, witness)).toThrow('a cosigner key signs checkpoints only');
  expect(
    formatVerifierKey(parseSignerKey(formatSignerKey('a', signatureTypes.cosignature, seed(3))).key),
  ).toBe(formatVerifierKey(signerFromSeed('a', signatureTypes.cosignature, seed(3)).key));
});

test('two keys of one name and id are ambiguous', () => {
  const other = { ...log.key, publicKey: seed(9) };
  const note = formatNote(signNote('hello\n', log));
  expect(() => openNote(note, [log.key, other])).toThrow('same key id');
  expect(openNote(note, [log.key, log.key]).verifiedBy).toEqual([log.key]);
});

const root64 = Buffer.from(emptyRoot).toString('base64');
test.each([
  ['', 'newline'],
  [`\n1\n${root64}\n`, 'origin'],
  [`o\n01\n${root64}\n`, 'tree size'],
  [`o\n-1\n${root64}\n`, 'tree size'],
  [`o\n9007199254740992\n${root64}\n`, 'tree size'],
  [`o\n1\n${root64.slice(1)}\n`, 'root hash'],
  ['o\n1\n', 'root hash'],
  ['o\n1\nAAAA\n', 'root hash'],
  [`o\n1\n${root64}\n\n`, 'extension'],
  [`o\n1\n${root64}`, 'newline'],
])('refuses the checkpoint %j', (body, message) => {
  expect(() => parseCheckpoint(body)).toThrow(message);
});

test('a tlog-proof holds for its leaf under its log only', () => {
  const [a, b] = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))];
  const checkpoint = formatNote(
    signNote(
      formatCheckpoint({ origin: 'example.org/log', size: 2, root: nodeHash(a, b), extensions: [] }),
      log,
    ),
  );
  const proof = formatTlogProof({ index: 1, proof: [a], checkpoint, extra: Buffer.from('more') });
  expect(proof.startsWith('c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 1\n')).toBe(true);
  expect(formatTlogProof(parseTlogProof(proof))).toBe(proof);
  expect(verifyTlogProof(proof, b, [log.key])?.size).toBe(2);
  expect(verifyTlogProof(proof, a, [log.key])).toBeNull();
  expect(verifyTlogProof(proof.replace('index 1', 'index 0'), b, [log.key])).toBeNull();
  expect(() => verifyTlogProof(proof, b, [peter])).toThrow('no signature by a known key');
});

const end = `\n\no\n1\n${root64}\n\n— a AAAAAAA=\n`;
test.each([
  [`wrong-header\nindex 0${end}`, 'first line'],
  [`c2sp.org/tlog-proof@v1\nextra !!\nindex 0${end}`, 'base64'],
  [`c2sp.org/tlog-proof@v1${end}`, 'index'],
  [`c2sp.org/tlog-proof@v1\nindex notanumber${end}`, 'index'],
  [`c2sp.org/tlog-proof@v1\nindex -5${end}`, 'index'],
  [`c2sp.org/tlog-proof@v1\nindex 0\n!!${end}`, '32 bytes'],
  [`c2sp.org/tlog-proof@v1\nindex 0\n${'A'.repeat(86)}==${end}`, '32 bytes'],
  ['c2sp.org/tlog-proof@v1\nindex 0\n', 'empty line'],
])('refuses the proof %j', (proof, message) => {
  expect(() => parseTlogProof(proof)).toThrow(message);
});
