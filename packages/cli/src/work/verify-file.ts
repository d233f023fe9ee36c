import { readFile } from 'node:fs/promises';
import {
  MalformedError,
  type Predict,
  parseVerifierKey,
  type VerifierKey,
  type VerifyReport,
  verifyCrate,
} from '@genesis/evidence';
import { predict, projectDesign } from '@genesis/explorer';
import { UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { readModel } from './read-model.ts';

/** Predicts as the platform does: what a new measurement gives, designs beyond the model's range at its limit. */
const predictWithModel: Predict = ({ config, tensors }, designs) => {
  const surrogate = readModel(config, tensors);
  const near = designs.map((design) => {
    const inside = projectDesign(surrogate.space, design);
    if (inside === undefined) throw new Error('the model says nothing about one of the designs');
    return inside;
  });
  const { mean, sd, noiseSd } = predict(surrogate, near);
  return near.map((_, at) => ({ mean: mean[at]!, sd: Math.hypot(sd[at]!, noiseSd) }));
};

export async function readKey(path: string): Promise<VerifierKey> {
  const text = (await readFile(path, 'utf8')).trim();
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new UsageError(`${path} is not a verifier key: ${error.message}`, { cause: error });
  }
}

/** Checks the crate in a file, without any network. */
export async function verifyFile(
  path: string,
  options: { key?: string | undefined; witnesses?: readonly string[] | undefined },
): Promise<VerifyReport> {
  const key = options.key === undefined ? undefined : await readKey(options.key);
  const witnesses = await Promise.all((options.witnesses ?? []).map(readKey));
  return verifyCrate(await readFile(path), {
    ...(key === undefined ? {} : { key }),
    witnesses,
    predict: predictWithModel,
  });
}

const headings: Readonly<Record<VerifyReport['status'], string>> = {
  verified: 'Verified: everything in the crate is consistent, and the given key signed it',
  'consistent-origin-unproven': 'Consistent, origin unproven: give the key of the ledger with --key',
  failed: 'FAILED: the crate is not what it says',
  unreadable: 'Not an evidence crate',
};

/** The report of a check for people: failures first, each with its place, then what could not be computed again. */
export function describeReport(report: VerifyReport): string {
  const failed = report.findings.filter(({ ok }) => !ok);
  const passed = report.findings.filter(({ ok }) => ok);
  return [
    `${headings[report.status]}.`,
    ...failed.map(({ place, check, message }) => `  ✗ ${plain(place)} [${check}] ${plain(message)}`),
    ...passed.map(({ place, message }) => `  ✓ ${plain(place)}  ${plain(message)}`),
    ...report.notRecomputed.map(
      ({ place, what, reason }) => `  - not recomputed: ${plain(`${place} ${what}: ${reason}`)}`,
    ),
    `Witness: ${plain(report.witness)}.`,
  ].join('\n');
}
