export {
  type Card,
  listOf,
  type Mapping,
  notApplicable,
  placesOf,
  type ReadCard,
  type Value,
  valueAt,
} from './card.ts';
export { CardError } from './card-error.ts';
export { describeEffect } from './describe-effect.ts';
export { formatCard } from './format-card.ts';
export { cardLabelOf, type Governance, governanceOf } from './governance.ts';
export { type Ask, answer, nextQuestion } from './interview.ts';
export { newCard } from './new-card.ts';
export { type Format, formatOf, formats, readCard } from './read-card.ts';
export { type Finding, type Severity, severities } from './rules/finding.ts';
export { type Score, scoreCard } from './score.ts';
export { levels, type ValidationLevel, validateCard } from './validate.ts';
