import { readFile } from 'node:fs/promises';
import {
  CardError,
  describeEffect,
  type Finding,
  type Governance,
  type ReadCard,
  readCard,
  type Score,
} from '@genesis/datacard';
import { UsageError } from '../failure.ts';
import { plain } from '../terminal/plain.ts';
import { facts, table } from '../terminal/table.ts';
import { formatLabel } from './label.ts';

/**
 * Reads a data card from a file, whichever format it has.
 *
 * @throws UsageError naming file, line and field where it is none
 */
export async function readCardFile(path: string, format?: 'json'): Promise<ReadCard> {
  const text = await readFile(path, 'utf8');
  try {
    return readCard(text, format);
  } catch (error) {
    if (error instanceof CardError) throw new UsageError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Findings as people read them: what is wrong, where, and what to write. */
export function describeFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'No findings.';
  const lines = findings.map(({ severity, rule, field, line, message, write }) => {
    const where = line === undefined ? field : `line ${line}, ${field}`;
    return `${severity} ${rule}: ${plain(where)}\n  ${plain(message)}\n  Fix: ${plain(write)}`;
  });
  return [...lines, `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`].join('\n');
}

/** The scores, and the steps that bring most. */
export function describeScore({ completeness, readiness, byBlock, next }: Score, steps: number): string {
  const scores = facts([
    ['Complete', `${completeness} of 100`],
    ['Ready for AI', `${readiness} of 100`],
    ...byBlock.map(({ block, declared, answered, asked }): [string, string] => [
      block,
      declared ? `${answered} of ${asked} answered` : 'not declared',
    ]),
  ]);
  if (next.length === 0) return scores;
  const rows = next
    .slice(0, steps)
    .map(({ field, gain }) => [`+${gain.completeness}`, `+${gain.readiness}`, field]);
  return `${scores}\n\nWhat to do next:\n${table(['Complete', 'Ready', 'Field'], rows)}`;
}

const place = (environments: Governance['environments']): string => {
  switch (environments.kind) {
    case 'any':
      return 'no environment is prescribed';
    case 'only':
      return environments.names.join(', ');
    case 'unknown':
      return 'nobody has said';
  }
};

/** What a card would mean as policy, and for which reasons. */
export function describeGovernance(governance: Governance): string {
  const {
    label,
    purposes,
    conditions,
    agreement,
    approvals,
    humanReview,
    embargoUntil,
    environments,
    licences,
  } = governance;
  const types = agreement.types.join(', ');
  const heading = facts([
    ['Label', formatLabel(label)],
    ...Object.entries(purposes).map(([purpose, open]): [string, string] => {
      const terms = conditions[purpose as keyof typeof conditions];
      return [`To ${purpose}`, terms === undefined ? open : `${open}: ${terms}`];
    }),
    ['Agreement', agreement.required ? types || 'demanded, of a type that is not named' : 'none'],
    ['Approvals', approvals.join(', ') || 'none'],
    ['Human review', humanReview ? 'a person reviews what is derived' : 'not demanded'],
    ['Embargo', embargoUntil ?? 'none'],
    ['Environments', place(environments)],
    ['Licence', licences.join(', ') || 'none stated'],
  ]);
  const rows = governance.because.map(({ field, value, effect }) => [
    field,
    value,
    describeEffect(effect).replaceAll('`', ''),
  ]);
  return `As policy:\n${heading}\n\nBecause:\n${table(['Field', 'Says', 'Means'], rows)}`;
}
