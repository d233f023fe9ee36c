import { familyAlpha } from '@genesis/contracts';
import { paths } from '../crate/paths.ts';
import type { Contents } from './contents.ts';
import { type Fact, factsOf } from './facts.ts';
import type { LedgerView } from './ledger.ts';
import { counted, type Findings } from './report.ts';

/** Rounding of a sum of a few alphas. */
const slack = 1e-12;

function checkFamily(
  family: string,
  opens: readonly Fact<'open'>[],
  unnamed: ReadonlySet<number>,
  ledger: LedgerView,
  findings: Findings,
): void {
  const place = `${paths.entries}#${family}`;
  let spent = 0;
  let next = 1;
  const skipped: number[] = [];
  for (const [at, { index, body, details }] of opens.entries()) {
    spent += details.alpha;
    while (next < details.attempt && unnamed.has(next)) skipped.push(next++);
    if (details.attempt !== next) {
      findings.fail(place, 'alpha', `opening ${next} of the family is missing before entry ${body.id}`);
    }
    next += 1;
    const frozen = factsOf(ledger, 'freeze').filter(
      (fact) => fact.details.hypothesisId === details.hypothesisId,
    );
    if (frozen.length !== 1 || frozen[0]!.index >= index || frozen[0]!.details.family !== family) {
      findings.fail(
        place,
        'alpha',
        `entry ${body.id} opens what was not frozen once, before, in this family`,
      );
    }
    if (opens.some((other, i) => i < at && other.details.hypothesisId === details.hypothesisId)) {
      findings.fail(place, 'alpha', `entry ${body.id} is a second look at ${details.hypothesisId}`);
    }
  }
  if (spent > familyAlpha + slack) {
    findings.fail(place, 'alpha', `the family has spent ${spent}, more than its budget of ${familyAlpha}`);
  }
  if (skipped.length > 0) {
    const what = `what ${counted(skipped.length, 'opening')} of the family spent (${skipped.join(', ')})`;
    findings.notRecomputed(place, what, 'openings of campaigns that this crate may not name');
  }
}

/**
 * The openings of each family are numbered without a gap, never repeat a hypothesis, follow its freeze, and spend no
 * more than the budget. An opening counts whatever came of it. A gap is allowed only where the content, to which the
 * ledger's entry of the export commits, says that the crate may not name who opened.
 */
export function checkFamilies({ campaign }: Contents, ledger: LedgerView, findings: Findings): void {
  const families = new Map<string, Fact<'open'>[]>();
  for (const open of factsOf(ledger, 'open')) {
    families.set(open.details.family, [...(families.get(open.details.family) ?? []), open]);
  }
  const freezes = factsOf(ledger, 'freeze');
  if (families.size === 0 && freezes.length === 0) return;
  findings.group(
    paths.entries,
    'alpha',
    (n) => `${counted(n, 'family', 'families')} within the error budget`,
    () => {
      for (const { body, details } of freezes) {
        if (Math.abs(details.familyAlpha - familyAlpha) > slack) {
          findings.fail(
            paths.entries,
            'alpha',
            `entry ${body.id} gives its family a budget other than ${familyAlpha}`,
          );
        }
      }
      for (const [family, opens] of families) {
        const told = campaign.unnamedOpenings?.filter((one) => one.family === family) ?? [];
        const unnamed = new Set(told.flatMap(({ attempts }) => attempts));
        checkFamily(family, opens, unnamed, ledger, findings);
      }
      return families.size;
    },
  );
}
