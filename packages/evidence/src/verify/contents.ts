import { type Claim, claimSchema, type Verdict, verdictSchema } from '@genesis/contracts';
import type { z } from 'zod';
import { canonicalJson, type JsonValue, parseCanonicalJson } from '../canonical.ts';
import { readTable, type Table } from '../crate/csv.ts';
import { readJsonFile, readLines } from '../crate/json-lines.ts';
import { foldersBelow, paths } from '../crate/paths.ts';
import {
  type CampaignFile,
  campaignFileSchema,
  type EvaluationRowLine,
  type Experiment,
  evaluationRowSchema,
  experimentSchema,
  type HypothesisRecord,
  hypothesisRecordSchema,
  type LedgerLine,
  ledgerLineSchema,
  type Manifest,
  type ModelRecord,
  modelRecordSchema,
  type Proofs,
  proofsSchema,
  type SplitFile,
  type Summary,
  splitFileSchema,
  summarySchema,
} from '../crate/schemas.ts';
import { MalformedError } from '../malformed.ts';
import type { Findings } from './report.ts';

export interface ModelContents {
  readonly record: ModelRecord | undefined;
  readonly config: Uint8Array | undefined;
  readonly tensors: Uint8Array | undefined;
}

export interface HypothesisContents {
  readonly record: HypothesisRecord | undefined;
  readonly claim: Claim | undefined;
  readonly verdict: Verdict | undefined;
  readonly rows: readonly EvaluationRowLine[] | undefined;
}

/** A crate with every file read by its schema. Undefined is what is absent or withheld. */
export interface Contents {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly manifest: Manifest;
  readonly campaign: CampaignFile;
  readonly experiments: readonly Experiment[] | undefined;
  readonly summary: Summary | undefined;
  readonly split: SplitFile | undefined;
  readonly exploreRows: Table | undefined;
  readonly confirmRows: Table | undefined;
  readonly models: ReadonlyMap<string, ModelContents>;
  readonly hypotheses: ReadonlyMap<string, HypothesisContents>;
  readonly entries: readonly LedgerLine[];
  readonly proofs: Proofs;
}

const check = 'format';

function issuePlace(path: string, issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? path : `${path}#/${issue.path.map(String).join('/')}`;
}

/** Checks a value against a schema, and notes at most three of its problems. */
function matching<T>(
  schema: z.ZodType<T>,
  value: JsonValue,
  place: string,
  findings: Findings,
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues.slice(0, 3)) {
    findings.fail(issuePlace(place, issue), check, issue.message);
  }
  return undefined;
}

/** Runs a reader; what it refuses becomes a failed finding at this place. */
export function attempt<T>(place: string, name: string, findings: Findings, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    findings.fail(error.place === undefined ? place : `${place}#${error.place}`, name, error.message);
    return undefined;
  }
}

class Reader {
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #findings: Findings;

  constructor(files: ReadonlyMap<string, Uint8Array>, findings: Findings) {
    this.#files = files;
    this.#findings = findings;
  }

  bytes(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  json<T>(path: string, schema: z.ZodType<T>): T | undefined {
    const bytes = this.#files.get(path);
    if (bytes === undefined) return undefined;
    const value = attempt(path, check, this.#findings, () => readJsonFile(bytes));
    const read = value === undefined ? undefined : matching(schema, value, path, this.#findings);
    if (read === undefined) return undefined;
    // A schema may fill in defaults and sort sets; a crate must have them written out, so that its bytes say it all.
    if (canonicalJson(read) === canonicalJson(value)) return read;
    this.#findings.fail(
      path,
      check,
      'a field is missing that must be written out, or a list is not in its order',
    );
    return undefined;
  }

  /**
   * Lines, each by its schema, which must be one that changes nothing: the values are those of the file. Undefined
   * when the file is absent or a line is wrong.
   */
  lines<T>(path: string, schema: z.ZodType<T>): T[] | undefined {
    const bytes = this.#files.get(path);
    if (bytes === undefined) return undefined;
    return attempt(path, check, this.#findings, () => {
      const values: T[] = [];
      for (const [at, line] of readLines(bytes).entries()) {
        const place = `${path}#${at + 1}`;
        const value = attempt(place, check, this.#findings, () => parseCanonicalJson(line));
        if (value === undefined || matching(schema, value, place, this.#findings) === undefined)
          return undefined;
        values.push(value as T);
      }
      return values;
    });
  }

  table(path: string): Table | undefined {
    const bytes = this.#files.get(path);
    return bytes === undefined ? undefined : attempt(path, check, this.#findings, () => readTable(bytes));
  }
}

/** Reads every file of a crate whose manifest holds. Null, with the failures noted, when one cannot be read. */
export function readContents(
  files: ReadonlyMap<string, Uint8Array>,
  manifest: Manifest,
  findings: Findings,
): Contents | null {
  const reader = new Reader(files, findings);
  const campaign = reader.json(paths.campaign, campaignFileSchema);
  const entries = reader.lines(paths.entries, ledgerLineSchema);
  const proofs = reader.json(paths.proofs, proofsSchema);
  const models = new Map<string, ModelContents>();
  for (const name of foldersBelow('models', files.keys())) {
    models.set(name, {
      record: reader.json(`models/${name}/model.json`, modelRecordSchema),
      config: reader.bytes(`models/${name}/config.json`),
      tensors: reader.bytes(`models/${name}/model.safetensors`),
    });
  }
  const hypotheses = new Map<string, HypothesisContents>();
  for (const name of foldersBelow('hypotheses', files.keys())) {
    hypotheses.set(name, {
      record: reader.json(`hypotheses/${name}/record.json`, hypothesisRecordSchema),
      claim: reader.json(`hypotheses/${name}/claim.json`, claimSchema),
      verdict: reader.json(`hypotheses/${name}/verdict.json`, verdictSchema),
      rows: reader.lines(`hypotheses/${name}/rows.jsonl`, evaluationRowSchema),
    });
  }
  const contents = {
    experiments: reader.lines(paths.experiments, experimentSchema),
    summary: reader.json(paths.summary, summarySchema),
    split: reader.json(paths.split, splitFileSchema),
    exploreRows: reader.table(paths.exploreRows),
    confirmRows: reader.table(paths.confirmRows),
  };
  if (campaign === undefined || entries === undefined || proofs === undefined || findings.failed())
    return null;
  findings.pass('./', check, `all ${files.size} files follow their schemas`);
  return { files, manifest, campaign, entries, proofs, models, hypotheses, ...contents };
}
