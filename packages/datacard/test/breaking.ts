import type { Edits } from './example.ts';

/** How each rule that a card can break is broken: changes to the example, the field that is named, or the body. */
export type Break = { edits?: Edits; body?: (text: string) => string; field?: string };

const d = 'discoverability';
const card = `${d}.datacard`;
const gov = 'governed_use.non_sensitivity_governance_metadata';
const ai = 'ai_usability.ai_usage';
const creator = `${card}.created_by[1].creator`;

const required: Readonly<Record<string, string>> = {
  accessibility: 'accessibility.access.current_location',
  interoperability: 'interoperability.provenance.processing_steps',
  reusability: 'reusability.data_quality.known_issues',
  governed_use: 'governed_use.use_governance.current_use',
  ai_usability: `${ai}.human_review_required`,
};

const capabilities = Object.entries(required).flatMap(([block, field]): [string, Break][] => [
  [`CAP-YES-${block}`, { edits: { [field]: '' }, field }],
  [`CAP-NO-${block}`, { edits: { [`supports_${block}`]: 'No' }, field: block }],
]);

const sensitivities = (['card', 'data'] as const).flatMap((which): [string, Break][] => {
  const at = which === 'card' ? `${card}.sensitivity` : `${d}.sensitivity`;
  return [
    [
      `SENS-CLASS-${which}`,
      { edits: { [`${at}.classified_status`]: 'Yes' }, field: `${at}.classification_level` },
    ],
    [`SENS-CUI-${which}`, { edits: { [`${at}.cui_status`]: 'Yes' }, field: `${at}.cui_basic_categories` }],
    [`SENS-UCNI-${which}`, { edits: { [`${at}.cui_basic_categories`]: ['UCNI'] } }],
    [`SENS-OUO-${which}`, { edits: { [`${at}.source_marking_scheme`]: 'Legacy_OUO' } }],
    [
      `SENS-OUOMAP-${which}`,
      { edits: { [`${at}.source_marking_scheme`]: 'Legacy_OUO', [`${at}.normalized_control_basis`]: [] } },
    ],
    [`SENS-UNIQ-${which}`, { edits: { [`${at}.legacy_label_source`]: ['OUO', 'SBU', 'OUO'] } }],
  ];
});

const lists = {
  created_by: `${card}.created_by`,
  authors: `${d}.authors`,
  sponsor_organizations: `${d}.sponsor_organizations`,
  research_organizations: `${d}.research_organizations`,
  keywords: `${d}.dataset_description.keywords`,
};

const agents: [string, Break][] = [
  ['AG-ONE-creator', { edits: { [`${creator}.organization`]: { name: 'Laboratory' } }, field: creator }],
  ['AG-ONE-authors', { edits: { [`${d}.authors[0].person`]: undefined }, field: `${d}.authors[0]` }],
  ['AG-ONE-maintainer', { edits: { 'reusability.stewardship.maintainer.organization': undefined } }],
  [
    'AG-ONE-reviewed_by',
    { edits: { 'governed_use.review_provenance_companion[0].reviewed_by.organization': {} } },
  ],
  ['AG-TYPE-creator', { edits: { [`${creator}.type`]: 'person' } }],
  ['AG-TYPE-authors', { edits: { [`${d}.authors[1].type`]: 'person' }, field: `${d}.authors[1]` }],
  ['AG-TYPE-maintainer', { edits: { 'reusability.stewardship.maintainer.type': 'organization' } }],
  [
    'AG-TYPE-reviewed_by',
    { edits: { 'governed_use.review_provenance_companion[0].reviewed_by.type': 'organization' } },
  ],
  ['AG-ROLE', { edits: { [`${d}.authors[0].role`]: ['Software'] } }],
  ['AG-PERSON-card', { edits: { [`${creator}.person.email`]: '' }, field: `${creator}.person.email` }],
  ['AG-PERSON-author', { edits: { [`${d}.authors[1].person.affiliation.name`]: undefined } }],
  ['AG-AI', { edits: { [`${card}.created_by[0].creator.ai_model.accessed_date`]: undefined } }],
  ['AG-SW', { edits: { [creator]: { software: { name: 'cardmaker', relationship: 'used_to_create' } } } }],
  ['AG-VER', { edits: { [`${card}.created_by[0].creator.ai_model.version`]: 'latest' } }],
  ['AG-ORDER', { edits: { [`${card}.created_by[0].creator.ai_model`]: undefined } }],
  ['AG-CONTACT', { edits: { [`${d}.contact.person.family_name`]: '' } }],
  ['AG-LEAVE', { edits: { [`${d}.contact.succession_note`]: '' } }],
];

const lifecycle: [string, Break][] = [
  ['ID-01', { edits: { [`${d}.release_status`]: 'Draft' } }],
  ['ID-02', { edits: { [`${d}.identification.primary_id.value`]: '' } }],
  ['ID-03', { edits: { [`${d}.release_status`]: 'Deprecated' } }],
  ['ID-04', { edits: { [`${d}.dataset_description.tags.project`]: 'another' } }],
  ['ID-05', { edits: { [`${card}.id`]: undefined } }],
  ['TASK-01', { edits: { [`${d}.dataset_description.task_category`]: [] } }],
  ['LIFE-01', { edits: { [`${d}.workflow.state`]: 'QA' } }],
  ['LIFE-02', { edits: { [`${d}.workflow.state`]: 'Review' } }],
  ['LIFE-03', { edits: { [`${d}.release_status`]: 'Draft' } }],
  ['LIFE-04', { edits: { [`${d}.workflow.state`]: 'Archived', [`${d}.release_status`]: 'Approved' } }],
  ['LIFE-05', { edits: { [`${d}.workflow.state`]: 'Embargo' }, field: `${d}.workflow.embargo_until` }],
  ['LIFE-06', { edits: { [`${d}.dataset_publisher`]: undefined } }],
  ['LIFE-07', { edits: { 'reusability.license.spdx_id': '' } }],
  ['LIFE-08', { edits: { 'reusability.citation': undefined } }],
  ['LIFE-09', { edits: { 'governed_use.compliance.irb_approved': '' } }],
];

const values: [string, Break][] = [
  ['YN-01', { edits: { [`${d}.workflow.is_intermediate`]: false }, field: `${d}.workflow.is_intermediate` }],
  ['PH-01', { edits: { [`${d}.dataset_description.purpose`]: '<REPLACE: why>' } }],
  ['REP-01', { edits: { _repository: { populated_by_repository: true } } }],
  ['VER-01', { edits: { [`${card}.template_version`]: 1.2 } }],
  [
    'VER-02',
    { edits: { [`${card}.datacard_version`]: '1.2' }, field: `${card}.change_log[1].datacard_version` },
  ],
  ['VER-03', { edits: { [`${card}.change_log`]: [] } }],
  ['VER-05', { edits: { [`${card}.updated_date`]: '' } }],
  ['VER-06', { edits: { [`${d}.identification.version`]: 'first' } }],
  ['FN-01', { edits: { [`${card}.filename`]: 'card.md' } }],
  [
    'FN-02',
    { edits: { [`${d}.identification.project`]: 'not_applicable', [`${card}.filename`]: 'card.md' } },
  ],
  ['FMT-ORCID', { edits: { [`${d}.authors[0].person.orcid`]: '0000-0002-1825-0097' } }],
  ['FMT-ROR', { edits: { [`${d}.research_organizations[0].ror_id`]: 'ror.org/05dxps055' } }],
  [
    'FMT-DATE',
    { edits: { 'interoperability.dates.issued': 'March 2026' }, field: 'interoperability.dates.issued' },
  ],
];

const use: [string, Break][] = [
  [
    'SENS-FN',
    {
      edits: { [`${d}.sensitivity.cui_limited_dissemination_controls`]: ['NOFORN'] },
      field: `${gov}.export_control.foreign_national_access_status`,
    },
  ],
  ['ACC-01', { edits: { 'accessibility.access_policy.access_level': 'Controlled' } }],
  [
    'ACC-02',
    {
      edits: {
        'accessibility.access_policy.authorization_required': ['Other'],
        'accessibility.access_policy.access_restrictions': '',
      },
    },
  ],
  [
    'ACC-03',
    { edits: { 'accessibility.access.intended_repositories[1]': { name: 'Two', is_primary: 'Yes' } } },
  ],
  ['INT-01', { edits: { 'interoperability.data_structure.features[3]': 'q_resolution' } }],
  [
    'INT-02',
    {
      edits: {
        'interoperability.related_resources.datasets': [{ name: 'A', relationship: 'used_to_create' }],
      },
    },
  ],
  ['INT-05', { edits: { 'interoperability.domain_metadata': { name: 'scattering' } } }],
  ['REU-01', { edits: { 'reusability.license.spdx_id': 'Other', 'reusability.license.name': '' } }],
  ['REU-02', { edits: { 'reusability.license.spdx_id': 'CC-BY-4' } }],
  ['REU-03', { edits: { 'reusability.license.name': '' } }],
  ['REU-05', { edits: { 'reusability.integrity.checksum_value': '' } }],
  ['REU-06', { edits: { 'reusability.integrity.checksum_available': 'No' } }],
  ['REU-07', { edits: { 'reusability.integrity.checksum_type': 'md5' } }],
  [
    'REU-08',
    {
      edits: {
        'reusability.citation.preferred_citation.doi': undefined,
        'reusability.citation.preferred_citation.url': undefined,
      },
    },
  ],
  ['REU-09', { edits: { 'reusability.data_quality.completeness': 'Good quality.' } }],
  ['GOV-01', { edits: { [`${gov}.export_control.export_control_status`]: 'Yes' } }],
  ['GOV-02', { edits: { [`${gov}.rights_release_records.agreement_required`]: 'Yes' } }],
  [
    'GOV-03',
    {
      edits: { 'governed_use.compliance.irb_approved': 'No' },
      field: 'governed_use.compliance.irb_approved',
    },
  ],
  ['GOV-04', { edits: { [`${gov}.rights_release_records.agreement_type`]: 'DUA' } }],
  ['GOV-05', { edits: { 'governed_use.review_provenance_companion[0].comments': '' } }],
  ...['training', 'inference', 'evaluation'].map((name): [string, Break] => [
    `AI-COND-${name}`,
    { edits: { [`${ai}.${name}_use_status`]: 'Conditional', [`${ai}.${name}_use_conditions`]: '' } },
  ]),
  ['AI-BLANK', { edits: { [`${ai}.bias_risks`]: '' }, field: `${ai}.bias_risks` }],
  ['DRV-01', { edits: { [`${d}.sensitivity.ucni_status`]: 'Yes' } }],
  ['DRV-02', { edits: { [`${d}.sensitivity.overall_sensitivity`]: 'Classified' } }],
  ['DRV-03', { edits: { [`${d}.sensitivity.overall_sensitivity`]: 'CUI' } }],
  ['DRV-04', { edits: { [`${d}.sensitivity.overall_sensitivity`]: 'UCNI' } }],
  ['DRV-05', { edits: { [`${gov}.rights_release_records.public_release_status`]: 'Pending' } }],
  ['DRV-06', { edits: { [`${gov}.privacy.pii_status`]: 'Yes' } }],
  ['DRV-07', { edits: { [`${gov}.export_control.export_control_status`]: 'Unknown' } }],
];

const body: [string, Break][] = [
  ['BODY-01', { body: (text) => text.replace('| Reusability | Yes |', '| Reusability | No |') }],
  ['BODY-02', { body: (text) => text.replace('# ---- Governed Use ----', '') }],
];

export const breaks: ReadonlyMap<string, Break> = new Map([
  ['CAP-01', { edits: { supports_discoverability: 'No' } }],
  ['CAP-DISC', { edits: { [`${d}.dataset_description.dataset_summary`]: ' ' } }],
  ...capabilities,
  ...values,
  ...agents,
  ...Object.entries(lists).map(([name, field]): [string, Break] => [
    `MIN-${name}`,
    { edits: { [field]: [] }, field },
  ]),
  ...lifecycle,
  ...sensitivities,
  ...use,
  ...body,
]);
