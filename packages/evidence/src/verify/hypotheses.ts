import type { Verdict } from '@genesis/contracts';
import { canonicalHash } from '../canonical.ts';
import { paths } from '../crate/paths.ts';
import { reaches } from '../statistics/binomial.ts';
import { claimHash } from '../statistics/claim.ts';
import { reasonOf } from './campaign.ts';
import type { Contents, HypothesisContents } from './contents.ts';
import { type Fact, factAt, factsOf } from './facts.ts';
import type { LedgerView, ProvenCheckpoint } from './ledger.ts';
import type { Findings } from './report.ts';

/** A freeze that was followed by an opening, with the checkpoints that stand between the two. */
export interface OrderProof {
  readonly hypothesisId: string;
  readonly open: Fact<'open'>;
  readonly between: readonly ProvenCheckpoint[];
}

type Context = {
  readonly folder: string;
  readonly hypothesis: HypothesisContents;
  readonly contents: Contents;
  readonly ledger: LedgerView;
  readonly findings: Findings;
};

function fetch<K extends 'freeze' | 'open' | 'verdict' | 'abandon'>(
  { folder, hypothesis, ledger, findings }: Context,
  kind: K,
  id: string | null,
): Fact<K> | undefined {
  if (id === null) return undefined;
  const place = `${folder}/record.json#/${kind}Entry`;
  const fact = factAt(ledger, id, kind);
  if (fact === 'withheld') {
    findings.notRecomputed(place, `the ${kind} entry`, `entry ${id} is not opened`);
    return undefined;
  }
  if (
    typeof fact === 'string' ||
    (fact.details as { readonly hypothesisId: string }).hypothesisId !== hypothesis.record?.hypothesisId
  ) {
    findings.fail(place, 'hypothesis', `entry ${id} is not the ${kind} of this hypothesis`);
    return undefined;
  }
  return fact;
}

function checkClaim(context: Context, freeze: Fact<'freeze'>, open: Fact<'open'> | undefined): void {
  const { folder, hypothesis, contents, findings } = context;
  const { claim } = hypothesis;
  const place = `${folder}/claim.json`;
  if (freeze.details.campaignId !== contents.campaign.campaignId) {
    findings.fail(`${folder}/record.json`, 'hypothesis', 'it was frozen in another campaign');
  }
  if (claim === undefined) {
    findings.notRecomputed(place, 'claim hash', reasonOf(contents, place));
    return;
  }
  if (claimHash(claim) !== freeze.details.claimHash) {
    findings.fail(place, 'claim-hash', `the claim is not the one that entry ${freeze.body.id} froze`);
  } else {
    findings.pass(place, 'claim-hash', `the claim is the one that entry ${freeze.body.id} froze`);
  }
  const splitId = claim.source.kind === 'split' ? claim.source.splitId : null;
  // A claim about arms on a replayed table opens no split, but its freeze names the one that the table is cut by.
  const otherSplit = splitId !== null && splitId !== freeze.details.splitId;
  if (claim.family !== freeze.details.family || otherSplit) {
    findings.fail(place, 'hypothesis', 'the freeze names another family or split');
  }
  if (open !== undefined && (open.details.alpha !== claim.alpha || open.details.splitId !== splitId)) {
    findings.fail(place, 'hypothesis', 'the opening spends another alpha or opens another split');
  }
}

/** What a verdict says must agree with its claim and with itself, also where its rows are not there. */
function checkStated(
  { folder, hypothesis, findings }: Context,
  verdict: Verdict,
  freeze: Fact<'freeze'>,
): void {
  const place = `${folder}/verdict.json`;
  const { claim } = hypothesis;
  if (verdict.claimHash !== freeze.details.claimHash) {
    findings.fail(`${place}#/claimHash`, 'verdict', 'the verdict is on another claim');
  }
  const p = { supported: verdict.pValue, refuted: verdict.pOpposite, inconclusive: 0 }[verdict.outcome];
  if (!reaches(p, verdict.alpha)) {
    findings.fail(
      `${place}#/outcome`,
      'verdict',
      `"${verdict.outcome}" needs a p-value of at most ${verdict.alpha}`,
    );
  }
  if (claim === undefined) return;
  if (verdict.alpha !== claim.alpha)
    findings.fail(`${place}#/alpha`, 'verdict', `the claim spends ${claim.alpha}`);
  if ((freeze.details.splitId === null) !== (verdict.independence === 'prospective')) {
    const message = 'fresh measurements are prospective, and nothing else is';
    findings.fail(`${place}#/independence`, 'verdict', message);
  }
}

function checkVerdict(
  context: Context,
  freeze: Fact<'freeze'>,
  open: Fact<'open'> | undefined,
  entry: Fact<'verdict'>,
): void {
  const { folder, hypothesis, contents, findings } = context;
  const { verdict } = hypothesis;
  const place = `${folder}/verdict.json`;
  if (open !== undefined && entry.index <= open.index) {
    findings.fail(place, 'order', 'the verdict is older than the opening');
  }
  if (verdict === undefined) {
    findings.notRecomputed(place, 'verdict hash', reasonOf(contents, place));
    return;
  }
  if (canonicalHash(verdict) === entry.details.verdictHash) {
    findings.pass(place, 'verdict-hash', `the verdict is the one of entry ${entry.body.id}`);
  } else {
    findings.fail(place, 'verdict-hash', `the verdict is not the one of entry ${entry.body.id}`);
  }
  checkStated(context, verdict, freeze);
}

function checkOrder(context: Context, freeze: Fact<'freeze'>, open: Fact<'open'>): OrderProof {
  const { folder, ledger, findings } = context;
  const between = ledger.checkpoints.filter(({ size }) => freeze.index < size && size <= open.index);
  if (between.length > 0) {
    const message = `frozen at ${freeze.index}, checkpoint of ${between[0]!.size}, opened at ${open.index}`;
    findings.pass(folder, 'order', message);
  } else {
    findings.fail(folder, 'order', 'no checkpoint stands between the freeze and the opening');
  }
  return { hypothesisId: freeze.details.hypothesisId, open, between };
}

function checkHypothesis(context: Context): OrderProof | undefined {
  const { folder, hypothesis, contents, ledger, findings } = context;
  const { record } = hypothesis;
  if (record === undefined) {
    findings.notRecomputed(folder, 'hypothesis', reasonOf(contents, `${folder}/record.json`));
    return undefined;
  }
  const freeze = fetch(context, 'freeze', record.freezeEntry);
  const open = fetch(context, 'open', record.openEntry);
  const verdict = fetch(context, 'verdict', record.verdictEntry);
  fetch(context, 'abandon', record.abandonEntry);
  const told = new Set([record.openEntry, record.verdictEntry, record.abandonEntry]);
  for (const kind of ['open', 'verdict', 'abandon'] as const) {
    const untold = factsOf(ledger, kind).find(
      ({ body, details }) => details.hypothesisId === record.hypothesisId && !told.has(body.id),
    );
    if (untold !== undefined)
      findings.fail(`${folder}/record.json`, 'hypothesis', `entry ${untold.body.id} is left out`);
  }
  const concluded = record.verdictEntry !== null;
  const hasVerdict = hypothesis.verdict !== undefined || hypothesis.rows !== undefined;
  if (
    (concluded && record.openEntry === null) ||
    (record.abandonEntry !== null && record.openEntry !== null)
  ) {
    findings.fail(
      `${folder}/record.json`,
      'hypothesis',
      'a verdict needs an opening, and what was opened is not abandoned',
    );
  }
  if (hasVerdict && !concluded)
    findings.fail(`${folder}/verdict.json`, 'hypothesis', 'no entry concludes this hypothesis');
  if (freeze === undefined) return undefined;
  checkClaim(context, freeze, open);
  if (verdict !== undefined) checkVerdict(context, freeze, open, verdict);
  return open === undefined ? undefined : checkOrder(context, freeze, open);
}

/** Each hypothesis is told as the log has it, and none that this campaign froze is left out. */
export function checkHypotheses(contents: Contents, ledger: LedgerView, findings: Findings): OrderProof[] {
  const proofs: OrderProof[] = [];
  const told = new Set<string>();
  for (const [name, hypothesis] of contents.hypotheses) {
    if (hypothesis.record !== undefined) told.add(hypothesis.record.hypothesisId);
    const proof = checkHypothesis({ folder: `hypotheses/${name}`, hypothesis, contents, ledger, findings });
    if (proof !== undefined) proofs.push(proof);
  }
  const someWithheld = contents.manifest.withheld.some(({ path }) =>
    /^hypotheses\/.*\/record\.json$/.test(path),
  );
  for (const { body, details } of factsOf(ledger, 'freeze')) {
    if (details.campaignId !== contents.campaign.campaignId || told.has(details.hypothesisId)) continue;
    if (someWithheld)
      findings.notRecomputed(paths.entries, `hypothesis ${details.hypothesisId}`, 'it is withheld');
    else findings.fail('hypotheses/', 'hypothesis', `the hypothesis that entry ${body.id} froze is left out`);
  }
  return proofs;
}
