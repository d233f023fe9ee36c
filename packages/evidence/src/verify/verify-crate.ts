import { MalformedError } from '../malformed.ts';
import type { VerifierKey } from '../notes/key.ts';
import { readZip, type ZipLimits } from '../zip/zip.ts';
import { checkCampaign, checkExperiments } from './campaign.ts';
import { readContents } from './contents.ts';
import { checkFamilies } from './families.ts';
import { checkFiles, checkRoCrate } from './files.ts';
import { checkHypotheses, type OrderProof } from './hypotheses.ts';
import { checkLedger, type LedgerView } from './ledger.ts';
import { checkModels } from './models.ts';
import { type Predict, recomputeVerdicts } from './recompute.ts';
import { createFindings, type Findings, type VerifyReport } from './report.ts';
import { checkReplay, checkSplit } from './rows.ts';

export interface VerifyOptions {
  /** The log's key, known from elsewhere. Without it the origin of the crate stays unproven. */
  readonly key?: VerifierKey;
  /** Keys of witnesses whom the verifier trusts to be independent of the operator. */
  readonly witnesses?: readonly VerifierKey[];
  readonly predict?: Predict;
  readonly limits?: ZipLimits;
}

const operatorOnly = 'order attested by the operator only';

/**
 * Witnesses who cosigned, for every hypothesis that was opened, a checkpoint between its freeze and its opening, and
 * did so before the time that the opening states. Without openings: those who cosigned the last checkpoint.
 */
function attesting(
  order: readonly OrderProof[],
  ledger: LedgerView,
  witnesses: readonly VerifierKey[],
): string[] {
  const names = [...new Set(witnesses.map(({ name }) => name))].sort();
  if (order.length === 0) {
    return names.filter((name) => ledger.checkpoints.at(-1)?.cosignatures.some((c) => c.name === name));
  }
  return names.filter((name) =>
    order.every(({ open, between }) =>
      between.some(({ cosignatures }) =>
        cosignatures.some((c) => c.name === name && c.seconds * 1000 <= Date.parse(open.body.time)),
      ),
    ),
  );
}

type Heading = Pick<VerifyReport, 'campaignId' | 'origin' | 'witnesses'>;
const unknown: Heading = { campaignId: null, origin: null, witnesses: [] };

function report(status: VerifyReport['status'], heading: Heading, findings: Findings): VerifyReport {
  const exitCodes = { verified: 0, failed: 1, unreadable: 2, 'consistent-origin-unproven': 3 } as const;
  return {
    ...heading,
    ok: status === 'verified' || status === 'consistent-origin-unproven',
    status,
    findings: findings.findings,
    notRecomputed: findings.skipped,
    witness:
      heading.witnesses.length === 0 ? operatorOnly : `order attested by ${heading.witnesses.join(', ')} too`,
    exitCode: exitCodes[status],
  };
}

function readArchive(
  bytes: Uint8Array,
  options: VerifyOptions,
  findings: Findings,
): Map<string, Uint8Array> | null {
  try {
    const entries = readZip(bytes, options.limits);
    findings.pass('./', 'zip', `a canonical archive of ${entries.length} files`);
    return new Map(entries.map(({ name, content }) => [name, content]));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    findings.fail(error.place ?? './', 'zip', error.message);
    return null;
  }
}

/**
 * Checks an evidence crate without network, clock or database. Every hash, signature and proof is checked; every
 * metric, verdict, prediction and split assignment whose rows are there is computed again (numbers within 1e-9
 * relative); the rest is listed with its reason. Never throws for any bytes: what is wrong with them is in the report,
 * with its place.
 */
export function verifyCrate(bytes: Uint8Array, options: VerifyOptions = {}): VerifyReport {
  const findings = createFindings();
  const looksLikeZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const files = readArchive(bytes, options, findings);
  if (files === null) return report(looksLikeZip ? 'failed' : 'unreadable', unknown, findings);
  const manifest = checkFiles(files, findings);
  if (manifest === null) return report('failed', unknown, findings);
  const heading = { campaignId: manifest.campaignId, origin: manifest.origin, witnesses: [] };
  const contents = readContents(files, manifest, findings);
  if (contents === null) return report('failed', heading, findings);
  checkRoCrate(contents, findings);
  const witnesses = options.witnesses ?? [];
  const ledger = checkLedger(contents, { log: options.key, witnesses }, findings);
  if (ledger === null) return report('failed', heading, findings);
  checkCampaign(contents, ledger, findings);
  checkExperiments(contents, ledger, findings);
  checkSplit(contents, findings);
  checkReplay(contents, findings);
  checkModels(contents, ledger, findings);
  checkFamilies(contents, ledger, findings);
  const order = checkHypotheses(contents, ledger, findings);
  recomputeVerdicts(contents, options.predict, findings);
  if (findings.failed()) return report('failed', heading, findings);
  const proven = { ...heading, witnesses: attesting(order, ledger, witnesses) };
  return report(options.key === undefined ? 'consistent-origin-unproven' : 'verified', proven, findings);
}
