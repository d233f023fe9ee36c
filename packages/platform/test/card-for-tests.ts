import { formatCard } from '@genesis/datacard';
import { type Edits, exampleWith } from '../../datacard/test/example.ts';

const sensitivity = 'discoverability.sensitivity';

/** What makes the dataset of the example controlled unclassified information, all rules of a card met. */
export const asCui: Edits = {
  [`${sensitivity}.overall_sensitivity`]: 'CUI',
  [`${sensitivity}.source_marking_string`]: 'CUI//SP-PROPIN',
  [`${sensitivity}.source_marking_scheme`]: 'DOE_CUI',
  [`${sensitivity}.cui_status`]: 'Yes',
  [`${sensitivity}.cui_specified_categories`]: ['PROPIN'],
  [`${sensitivity}.normalized_control_basis`]: ['CUI'],
  'governed_use.non_sensitivity_governance_metadata.rights_release_records.public_release_status':
    'Not_Approved',
  'accessibility.access_policy.access_level': 'Controlled',
  'accessibility.access_policy.authorization_required': ['Account'],
};

/** The text of the example card, with changes by path. */
export const cardText = (edits: Edits = {}): string => formatCard(exampleWith(edits));
