import { createHash } from 'node:crypto';
import {
  type Conditions,
  GenesisError,
  invalidField,
  type Label,
  type Purpose,
  purposes,
} from '@genesis/contracts';
import {
  type Card,
  CardError,
  cardLabelOf,
  type Finding,
  type Governance,
  governanceOf,
  readCard,
  scoreCard,
  validateCard,
} from '@genesis/datacard';
import { join, joinConditions, unrestricted } from '../../policy/index.ts';

/** A card that may stand for a dataset, and what follows from it. */
export type ReadyCard = {
  card: Card;
  text: string;
  /** Over text as it was read, with LF. */
  sha256: string;
  /** Of the card itself. */
  label: Label;
  governance: Governance;
  completeness: number;
  readiness: number;
  /** Findings that are no errors. */
  findings: Finding[];
};

const mostProblems = 50;

/**
 * Reads a card that is to bind a dataset. What is wrong, or demanded by what the card declares and blank, refuses it.
 *
 * @throws GenesisError `invalid-input` with a problem for each field
 */
export function readyCard(text: string, previous?: Card): ReadyCard {
  let card: ReturnType<typeof readCard>;
  try {
    card = readCard(text);
  } catch (error) {
    if (error instanceof CardError) throw invalidField('card', error.message);
    throw error;
  }
  const findings = validateCard(card, { previous });
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    throw new GenesisError({
      code: 'invalid-input',
      message: `The card has ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}: nothing was changed. "genesis card validate" shows them with their lines.`,
      problems: errors.slice(0, mostProblems).map(({ rule, field, message, write }) => ({
        field: `card.${field}`,
        message: `${rule}: ${message} ${write}`,
      })),
    });
  }
  const { completeness, readiness } = scoreCard(card);
  return {
    card: { fields: card.fields, body: card.body },
    text: card.text,
    sha256: createHash('sha256').update(card.text).digest('hex'),
    label: cardLabelOf(card),
    governance: governanceOf(card),
    completeness,
    readiness,
    findings,
  };
}

/** An account is what everybody has who can ask. */
const givenByAnAccount = new Set(['Account']);

/** Purposes for which somebody has to decide about each user: where approval, terms or a review are demanded. */
function purposesThatNeedGrants({ approvals, humanReview, purposes: open }: Governance): Purpose[] {
  if (approvals.some((approval) => !givenByAnAccount.has(approval))) return [...purposes].sort();
  return purposes
    .filter((purpose) => open[purpose] === 'conditional' || (purpose === 'publish' && humanReview))
    .sort();
}

/** What the governance of a card means for its dataset. */
export const conditionsOf = (governance: Governance): Conditions => ({
  ...unrestricted,
  licences: [...governance.licences].sort(),
  purposes: purposes.filter((purpose) => governance.purposes[purpose] !== 'denied').sort(),
  needsAgreement: governance.agreement.required,
  needsGrant: purposesThatNeedGrants(governance),
  embargoUntil: governance.embargoUntil === 'unknown' ? null : governance.embargoUntil,
  environments: governance.environments.kind === 'only' ? [...governance.environments.names].sort() : null,
});

/** Label and conditions under a card: whoever imports may ask for stricter ones, never for looser ones. */
export const boundBy = (
  { governance }: Pick<ReadyCard, 'governance'>,
  asked: { label: Label; conditions: Conditions },
): { label: Label; conditions: Conditions } => ({
  label: join(asked.label, governance.label),
  conditions: joinConditions(asked.conditions, conditionsOf(governance)),
});
