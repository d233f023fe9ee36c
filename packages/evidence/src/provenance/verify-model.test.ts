import { expect, test } from 'vitest';
import { sha256Hex } from '../encoding.ts';
import { formatVerifierKey, signatureTypes, signerFromSeed } from '../notes/key.ts';
import { formatEnvelope, preAuthenticationEncoding, signEnvelope, statementType } from './dsse.ts';
import { modelBuildType, type ProvenanceStatement, statementBytes } from './statement.ts';
import { modelExport, verifyModelExport } from './verify-model.ts';

const signer = signerFromSeed('test.example/provenance', signatureTypes.ed25519, Buffer.alloc(32, 7));
const other = signerFromSeed('test.example/provenance', signatureTypes.ed25519, Buffer.alloc(32, 8));
const bytes = (text: string): Uint8Array => Buffer.from(text);

const parts = new Map([
  ['README.md', bytes('# card')],
  ['bom.cdx.json', bytes('{}')],
  ['model/model.json', bytes('{"a":1}')],
  ['model/model.onnx', bytes('artifact')],
]);

const statementOf = (files: ReadonlyMap<string, Uint8Array>): ProvenanceStatement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [...files].map(([name, content]) => ({ name, digest: { sha256: sha256Hex(content) } })),
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: modelBuildType,
      externalParameters: { model: 'mdl_1' },
      resolvedDependencies: [{ name: 'data', digest: { sha256: sha256Hex('data') } }],
    },
    runDetails: { builder: { id: 'urn:genesis:platform:x' }, metadata: { invocationId: 'run_1' } },
  },
});

function exported(statement = statementOf(parts), by = signer): Map<string, Uint8Array> {
  const envelope = signEnvelope(by, statementType, statementBytes(statement));
  return new Map([
    ...parts,
    [modelExport.provenance, bytes(formatEnvelope(envelope))],
    [modelExport.key, bytes(`${formatVerifierKey(by.key)}\n`)],
  ]);
}

test('the encoding that is signed is the one of the DSSE specification', () => {
  expect(
    Buffer.from(preAuthenticationEncoding('http://example.com/HelloWorld', bytes('hello world'))).toString(),
  ).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('what was exported verifies with the key, and is only consistent without it', () => {
  expect(verifyModelExport(exported(), signer.key)).toMatchObject({
    ...{ ok: true, status: 'verified', model: 'mdl_1', exitCode: 0, signedBy: 'test.example/provenance' },
  });
  expect(verifyModelExport(exported())).toMatchObject({ status: 'consistent-origin-unproven', exitCode: 3 });
});

test('no byte of any file can change: artifact, card, bill, statement, signature, key', () => {
  const whole = exported();
  let tried = 0;
  for (const [path, content] of whole)
    for (let at = 0; at < content.length; at++)
      for (const flip of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(content);
        changed[at] = changed[at]! ^ flip;
        const report = verifyModelExport(new Map([...whole, [path, changed]]), signer.key);
        expect(report.ok, `${path} at ${at}`).toBe(false);
        tried += 1;
      }
  expect(tried).toBeGreaterThan(3000);
});

test('another key, a statement signed by another key, and a re-signed change do not verify', () => {
  expect(verifyModelExport(exported(), other.key)).toMatchObject({ status: 'failed', exitCode: 1 });
  expect(verifyModelExport(exported(statementOf(parts), other), signer.key).ok).toBe(false);
  const forged = new Map(parts);
  forged.set('model/model.onnx', bytes('worse'));
  const resigned = exported(statementOf(forged), other);
  resigned.set('model/model.onnx', bytes('worse'));
  expect(verifyModelExport(resigned, signer.key).ok).toBe(false);
  // Nobody vouches for the enclosed key, and the answer says so.
  expect(verifyModelExport(resigned)).toMatchObject({ status: 'consistent-origin-unproven', exitCode: 3 });
});

test('files that are missing or additional do not verify, nor does a payload of another type', () => {
  const missing = exported();
  missing.delete('model/model.onnx');
  expect(verifyModelExport(missing, signer.key).ok).toBe(false);
  const more = exported().set('model/extra.bin', bytes('x'));
  expect(verifyModelExport(more, signer.key).findings).toContainEqual(
    expect.objectContaining({ place: 'model/extra.bin', ok: false }),
  );
  const typed = signEnvelope(signer, 'text/plain', statementBytes(statementOf(parts)));
  expect(
    verifyModelExport(exported().set(modelExport.provenance, bytes(formatEnvelope(typed))), signer.key).ok,
  ).toBe(false);
  expect(verifyModelExport(new Map(), signer.key)).toMatchObject({ status: 'unreadable', exitCode: 2 });
  const noKey = exported();
  noKey.delete(modelExport.key);
  expect(verifyModelExport(noKey).ok).toBe(false);
});
