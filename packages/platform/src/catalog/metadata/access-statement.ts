import { type Conditions, type Label, purposes } from '@genesis/contracts';
import { describeLabel, isPublic } from '../../policy/index.ts';

/** Whether everybody may fetch the data, without asking anybody. */
export const isOpen = (label: Label, conditions: Conditions, day: string): boolean =>
  isPublic(label) &&
  conditions.purposes.includes('publish') &&
  conditions.agreements.length === 0 &&
  !conditions.needsAgreement &&
  conditions.needsGrant.length === 0 &&
  (conditions.embargoUntil === null || conditions.embargoUntil <= day);

/** Label and conditions in words, for whoever may see them. */
export function accessStatement(id: string, label: Label, conditions: Conditions): string {
  const { agreements, needsAgreement, needsGrant, embargoUntil, environments } = conditions;
  const allowed = purposes.filter((purpose) => conditions.purposes.includes(purpose));
  const said = [
    `Label: ${describeLabel(label)}.`,
    allowed.length === purposes.length
      ? 'May be used for every purpose.'
      : `May be used to ${allowed.join(', ') || 'do nothing with'}.`,
    ...(needsAgreement || agreements.length > 0 ? ['An agreement must be in force.'] : []),
    ...(needsGrant.length === 0
      ? []
      : [`Needs a grant to ${needsGrant.join(', ')}: genesis access request ${id}.`]),
    ...(embargoUntil === null ? [] : [`Embargoed until ${embargoUntil}.`]),
    ...(environments === null ? [] : [`Only in: ${environments.join(', ')}.`]),
  ];
  return said.join(' ');
}
