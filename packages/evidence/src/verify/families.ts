import { familyAlpha } from '@genesis/contracts';
import { paths } from '../crate/paths.ts';
import { type Fact, factsOf } from './facts.ts';
import type { LedgerView } from './ledger.ts';
import { counted, type Findings } from './report.ts';

/** Rounding of a sum of a few alphas. */
const slack = 1e-12;

function checkFamily(
  family: string,
  opens: readonly Fact<'open'>[],
  ledger: LedgerView,
  findings: Findings,
): void {
  const place = `${paths.entries}#${family}`;
  let spent = 0;
  for (const [at, { index, body, details }] of opens.entries()) {
    spent += details.alpha;
    if (details.attempt !== at + 1) {
      findings.fail(place, 'alpha', `opening ${at + 1} of the family is missing before entry ${body.id}`);
    }
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
}

/**
 * The openings of each family are numbered without a gap, never repeat a hypothesis, follow its freeze, and spend no
 * more than the budget. An opening counts whatever came of it.
 */
export function checkFamilies(ledger: LedgerView, findings: Findings): void {
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
      for (const [family, opens] of families) checkFamily(family, opens, ledger, findings);
      return families.size;
    },
  );
}
