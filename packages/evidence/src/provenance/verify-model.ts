import { sha256Hex } from '../encoding.ts';
import { MalformedError } from '../malformed.ts';
import { formatVerifierKey, parseVerifierKey, sameKey, type VerifierKey } from '../notes/key.ts';
import { createFindings, type Finding } from '../verify/report.ts';
import { parseEnvelope, statementType, verifyEnvelope } from './dsse.ts';
import { type ProvenanceStatement, parseStatement } from './statement.ts';

/** Where things lie in an exported model. */
export const modelExport = {
  provenance: 'provenance.intoto.json',
  key: 'provenance.key',
  bom: 'bom.cdx.json',
  card: 'README.md',
  artifact: 'model/',
} as const;

export interface ModelReport {
  readonly ok: boolean;
  readonly status: 'verified' | 'consistent-origin-unproven' | 'failed' | 'unreadable';
  readonly model: string | null;
  /** Name of the key that the statement verifies under. */
  readonly signedBy: string | null;
  readonly findings: readonly Finding[];
  /** 0 verified, 1 a check failed, 2 not an exported model at all, 3 consistent but nobody vouches for the key. */
  readonly exitCode: 0 | 1 | 2 | 3;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const unnamed: readonly string[] = [modelExport.provenance, modelExport.key];

/** The key that lies beside the statement. It is the platform's word about itself, so it proves no origin. */
function enclosedKey(files: ReadonlyMap<string, Uint8Array>): VerifierKey | string {
  const bytes = files.get(modelExport.key);
  if (bytes === undefined) return `${modelExport.key} is missing`;
  try {
    const key = parseVerifierKey(textOf(bytes).trim());
    return textOf(bytes) === `${formatVerifierKey(key)}\n`
      ? key
      : `${modelExport.key} is not written as keys are`;
  } catch (error) {
    if (error instanceof MalformedError) return error.message;
    throw error;
  }
}

/**
 * Checks an exported model: the signature over the provenance statement, and that the statement's subjects are exactly the
 * files that are there, byte for byte. A changed, missing or additional file, a changed statement and another key fail.
 * Pure: needs no network and runs nothing of the model.
 *
 * @param files the content of every file by its path below the folder
 * @param key the platform's provenance key, known from elsewhere; without it the enclosed one is taken and nobody vouches for it
 */
export function verifyModelExport(files: ReadonlyMap<string, Uint8Array>, key?: VerifierKey): ModelReport {
  const findings = createFindings();
  const end = (
    status: ModelReport['status'],
    model: string | null,
    signedBy: string | null,
  ): ModelReport => ({
    ok: status === 'verified' || status === 'consistent-origin-unproven',
    ...{ status, model, signedBy, findings: findings.findings },
    exitCode: ({ verified: 0, failed: 1, unreadable: 2, 'consistent-origin-unproven': 3 } as const)[status],
  });
  const provenance = files.get(modelExport.provenance);
  if (provenance === undefined) {
    findings.fail(modelExport.provenance, 'provenance', 'it is missing: this is no exported model');
    return end('unreadable', null, null);
  }
  let statement: ProvenanceStatement;
  let signedBy: string | null = null;
  try {
    const { envelope, payload } = parseEnvelope(textOf(provenance));
    const enclosed = enclosedKey(files);
    if (typeof enclosed === 'string') findings.fail(modelExport.key, 'key', enclosed);
    const trusted = key ?? enclosed;
    if (typeof trusted === 'string') return end('failed', null, null);
    if (envelope.payloadType !== statementType)
      findings.fail(modelExport.provenance, 'signature', `the payload is no ${statementType}`);
    else if (verifyEnvelope(trusted, envelope, payload)) {
      signedBy = trusted.name;
      findings.pass(modelExport.provenance, 'signature', `signed by ${trusted.name}`);
    } else
      findings.fail(
        modelExport.provenance,
        'signature',
        `the key ${trusted.name} did not sign this statement`,
      );
    if (key !== undefined && typeof enclosed !== 'string' && !sameKey(key, enclosed))
      findings.fail(modelExport.key, 'key', 'the enclosed key is another than the one that you trust');
    statement = parseStatement(payload);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    findings.fail(modelExport.provenance, 'provenance', error.message);
    return end('failed', null, null);
  }
  checkSubjects(statement, files, findings);
  const model = statement.predicate.buildDefinition.externalParameters['model'];
  const status = findings.failed() ? 'failed' : key === undefined ? 'consistent-origin-unproven' : 'verified';
  return end(status, typeof model === 'string' ? model : null, signedBy);
}

function checkSubjects(
  { subject }: ProvenanceStatement,
  files: ReadonlyMap<string, Uint8Array>,
  findings: ReturnType<typeof createFindings>,
): void {
  const told = new Map<string, string>();
  for (const { name, digest } of subject) {
    if (name === undefined || told.has(name)) {
      findings.fail(modelExport.provenance, 'subjects', 'every subject must have a name of its own');
      continue;
    }
    told.set(name, digest.sha256);
    const content = files.get(name);
    if (content === undefined) findings.fail(name, 'files', 'the statement names it, and it is missing');
    else if (sha256Hex(content) !== digest.sha256)
      findings.fail(name, 'files', 'it is not the file that the statement names: its SHA-256 is another');
    else findings.pass(name, 'files', `sha256 ${digest.sha256}`);
  }
  for (const path of files.keys())
    if (!told.has(path) && !unnamed.includes(path))
      findings.fail(path, 'files', 'the statement does not name it');
}
