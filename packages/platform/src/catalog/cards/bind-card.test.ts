import { expect, test } from 'vitest';
import { cardText } from '../../../test/card-for-tests.ts';
import { bottom, unrestricted } from '../../policy/index.ts';
import { boundBy, readyCard } from './bind-card.ts';

const records = 'governed_use.non_sensitivity_governance_metadata.rights_release_records';

test('an agreement that a card demands is demanded of its dataset', () => {
  const asked = { label: bottom, conditions: unrestricted };
  const bound = (edits: Parameters<typeof cardText>[0]) =>
    boundBy(readyCard(cardText(edits)), asked).conditions;
  expect(bound({}).needsAgreement).toBe(false);
  const demanding = { [`${records}.agreement_required`]: 'Yes', [`${records}.agreement_type`]: 'CRADA' };
  expect(bound(demanding).needsAgreement).toBe(true);
});
