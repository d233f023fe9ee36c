import type { Level, Purpose } from '@genesis/contracts';

/*
 * What each governance field means as policy, one row for each value. docs/data-cards.md prints these rows, and a test
 * compares them. What a row does not name falls to the row `other`, and a blank to `blank` or else to `other`: the
 * unknown is never treated better than the known.
 */

/** How far a purpose is open, from open to closed: the stricter of two counts. */
export const openness = ['allowed', 'conditional', 'denied'] as const;
export type Openness = (typeof openness)[number];

/** `explore` has no field of its own: a strategy fits a model to what it is shown, so it follows `train`. */
export type Effect = {
  level?: Level;
  categories?: readonly string[];
  purposes?: Readonly<Partial<Record<Purpose, Openness>>>;
  /** An agreement is demanded, of these types; none means that the card does not say which. */
  agreements?: readonly string[];
  /** Somebody has to approve first. */
  approvals?: readonly string[];
  humanReview?: boolean;
};

export type Row = {
  field: string;
  /** A value, `blank`, or `other` for everything that no row of the field names. */
  value: string;
  effect: Effect;
  /** The row has an effect only where this field says anything but No: a blank is harmless where nothing applies. */
  unlessNo?: string;
};

/**
 * Values that stand for no text of a card. `not_applicable` is read as a blank, except where a row names it, and where
 * a field has no row for blanks, both count as `other`.
 */
export const blank = '(blank)';
export const other = '(anything else)';

const sensitivity = 'discoverability.sensitivity';
const metadata = 'governed_use.non_sensitivity_governance_metadata';
const usage = 'ai_usability.ai_usage';

const rowsOf = (field: string, effects: Readonly<Record<string, Effect>>): Row[] =>
  Object.entries(effects).map(([value, effect]) => ({ field, value, effect }));

const nothing: Effect = {};
const at = (level: Level, ...categories: string[]): Effect => ({ level, categories });
const classified = (...categories: string[]): Effect => at('classified', ...categories);
const controlled = (...categories: string[]): Effect => at('controlled', ...categories);

/** A blank that matters only where the status beside it is not No. */
const blankRow = (field: string, unlessNo: string, effect: Effect): Row => ({
  field,
  value: blank,
  effect,
  unlessNo,
});

/** A status of Yes or No: everything but No counts as Yes. */
const unlessNo = (field: string, effect: Effect, ...undecided: readonly string[]): Row[] =>
  rowsOf(field, {
    No: nothing,
    ...Object.fromEntries(['Yes', ...undecided, other].map((value) => [value, effect])),
  });

const undecided = ['Pending_Review', 'Unknown'];

const sensitivityRows: readonly Row[] = [
  ...rowsOf(`${sensitivity}.overall_sensitivity`, {
    Public: nothing,
    Unclassified_Uncontrolled: at('internal'),
    CUI: controlled('cui'),
    UCNI: controlled('ucni'),
    Classified: classified(),
    Legacy_Controlled: controlled('legacy'),
    Mixed: controlled('mixed'),
    Other_Controlled: controlled('other-controlled'),
    [other]: classified('sensitivity:unknown'),
  }),
  ...unlessNo(`${sensitivity}.classified_status`, classified()),
  ...rowsOf(`${sensitivity}.classification_level`, {
    Top_Secret: classified('classified:top-secret'),
    Secret: classified('classified:secret'),
    Confidential: classified('classified:confidential'),
    [other]: classified('classified:unknown'),
  }),
  blankRow(
    `${sensitivity}.classification_level`,
    `${sensitivity}.classified_status`,
    classified('classified:unknown'),
  ),
  ...rowsOf(`${sensitivity}.classification_category`, {
    NSI: classified('classified:nsi'),
    RD: classified('classified:rd'),
    FRD: classified('classified:frd'),
    TFNI: classified('classified:tfni'),
    Other_Classified: classified('classified:other'),
    [other]: classified('classified:unknown'),
  }),
  blankRow(
    `${sensitivity}.classification_category`,
    `${sensitivity}.classified_status`,
    classified('classified:unknown'),
  ),
  ...rowsOf(`${sensitivity}.source_marking_scheme`, {
    None: nothing,
    DOE_CUI: controlled('cui'),
    DOD_CUI: controlled('cui'),
    DHS_CUI: controlled('cui'),
    DOE_UCNI: controlled('ucni'),
    EO13526_Classified: classified('classified:nsi'),
    AEA_RD_FRD_TFNI: classified('classified:aea'),
    Legacy_OUO: controlled('legacy'),
    Legacy_Site_Specific: controlled('legacy'),
    Other_Agency: controlled('other-agency'),
    [other]: classified('marking:unknown'),
  }),
  ...unlessNo(`${sensitivity}.cui_status`, controlled('cui')),
  ...unlessNo(`${sensitivity}.ucni_status`, controlled('ucni')),
  ...rowsOf(`${sensitivity}.uk_mda_status`, {
    No: nothing,
    [blank]: nothing,
    Yes: controlled('uk-mda'),
    Unknown: controlled('uk-mda'),
    [other]: controlled('uk-mda'),
  }),
  ...rowsOf(`${sensitivity}.normalized_control_basis`, {
    Public_Release_Approved: nothing,
    Classified: classified(),
    CUI: controlled('cui'),
    UCNI: controlled('ucni'),
    Legacy_Needs_Mapping: controlled('legacy'),
    Other_Controlled: controlled('other-controlled'),
    [blank]: nothing,
    [other]: classified('sensitivity:unknown'),
  }),
  ...rowsOf(`${sensitivity}.legacy_label_source`, {
    [blank]: nothing,
    [other]: controlled('legacy'),
  }),
];

const closed: Effect = { purposes: { publish: 'denied' } };

const exportRows: readonly Row[] = [
  ...rowsOf(`${metadata}.export_control.export_control_status`, {
    No: nothing,
    Yes: { ...controlled(), ...closed },
    Pending_Review: { ...controlled('export:unknown'), ...closed },
    Unknown: { ...controlled('export:unknown'), ...closed },
    [other]: { ...controlled('export:unknown'), ...closed },
  }),
  ...rowsOf(`${metadata}.export_control.export_control_basis`, {
    ITAR: controlled('export:itar'),
    EAR: controlled('export:ear'),
    DOE_Nuclear_Export_Control: controlled('export:doe-nuclear'),
    Other: controlled('export:other'),
    [other]: controlled('export:unknown'),
  }),
  blankRow(
    `${metadata}.export_control.export_control_basis`,
    `${metadata}.export_control.export_control_status`,
    controlled('export:unknown'),
  ),
  ...rowsOf(`${metadata}.export_control.foreign_national_access_status`, {
    Allowed: nothing,
    Restricted: { ...controlled('foreign-nationals:restricted'), ...closed },
    Conditional: { ...controlled('foreign-nationals:conditional'), ...closed },
    Prohibited: { ...controlled('foreign-nationals:prohibited'), ...closed },
    Unknown: { ...controlled('foreign-nationals:unknown'), ...closed },
    [other]: { ...controlled('foreign-nationals:unknown'), ...closed },
  }),
];

const privacyRows: readonly Row[] = [
  ...unlessNo(`${metadata}.privacy.privacy_status`, controlled('privacy'), ...undecided),
  ...unlessNo(`${metadata}.privacy.pii_status`, { ...controlled('pii'), ...closed }, ...undecided),
  ...unlessNo(`${metadata}.privacy.phi_status`, { ...controlled('phi'), ...closed }, ...undecided),
  ...rowsOf(`${metadata}.privacy.privacy_control_basis`, {
    [blank]: nothing,
    HIPPA: controlled('privacy:hipaa'),
    Privacy_Act: controlled('privacy:privacy-act'),
    Human_Subjects: controlled('privacy:human-subjects'),
    Other_Regulated_Privacy: controlled('privacy:other'),
    Site_Specific: controlled('privacy:site'),
    [other]: controlled('privacy:unknown'),
  }),
];

const rightsRows: readonly Row[] = [
  ...rowsOf(`${metadata}.rights_release_records.ip_restriction_type`, {
    None: nothing,
    Unlimited_Rights: nothing,
    Government_Purpose_Rights: at('internal', 'rights:government-purpose'),
    Limited_Rights: at('internal', 'rights:limited'),
    Restricted_Rights: at('internal', 'rights:restricted'),
    Third_Party_Licensed: at('internal', 'rights:third-party'),
    Proprietary: controlled('proprietary'),
    [other]: controlled('proprietary'),
  }),
  ...rowsOf(`${metadata}.rights_release_records.agreement_required`, {
    No: nothing,
    Yes: { agreements: [] },
    [other]: { agreements: [] },
  }),
  ...rowsOf(`${metadata}.rights_release_records.agreement_type`, {
    [blank]: nothing,
    ...Object.fromEntries(
      ['DUA', 'CRADA', 'MOU', 'NDA', 'LICENSE', 'WFO', 'OTHER'].map((type) => [type, { agreements: [type] }]),
    ),
    [other]: { agreements: ['OTHER'] },
  }),
  ...rowsOf(`${metadata}.rights_release_records.public_release_status`, {
    Approved: { purposes: { publish: 'allowed' } },
    Pending: closed,
    Not_Approved: closed,
    Requires_STI_Review: closed,
    [other]: closed,
  }),
  ...rowsOf('governed_use.use_governance.need_to_know_basis', {
    [blank]: nothing,
    Agreement_Defined: { agreements: [], approvals: ['Agreement_Defined'] },
    ...Object.fromEntries(
      ['Mission_Need', 'Job_Duty', 'Project_Program_Association', 'DGB_Exception_Waiver'].map((basis) => [
        basis,
        { approvals: [basis] },
      ]),
    ),
    [other]: { approvals: ['Need_To_Know_Unknown'] },
  }),
  ...rowsOf('governed_use.compliance.irb_approved', {
    Yes: nothing,
    not_applicable: nothing,
    No: { approvals: ['IRB_Approval'] },
    Unknown: { approvals: ['IRB_Approval'] },
    [other]: { approvals: ['IRB_Approval'] },
  }),
];

const accessRows: readonly Row[] = [
  ...rowsOf('accessibility.access_policy.access_level', {
    Open: nothing,
    Restricted: { approvals: ['Access_Restricted'] },
    Controlled: { approvals: ['Access_Controlled'] },
    [other]: { approvals: ['Access_Unknown'] },
  }),
  ...rowsOf('accessibility.access_policy.authorization_required', {
    [blank]: nothing,
    Account: { approvals: ['Account'] },
    User_Agreement: { agreements: ['OTHER'] },
    Data_Use_Agreement: { agreements: ['DUA'] },
    Sponsor_Approval: { approvals: ['Sponsor_Approval'] },
    Export_Control_Review: { approvals: ['Export_Control_Review'] },
    IRB_Approval: { approvals: ['IRB_Approval'] },
    Other: { approvals: ['Other'] },
    [other]: { approvals: ['Other'] },
  }),
];

const use = (name: string, ...purposes: readonly Purpose[]): Row[] => {
  const all = (open: Openness): Effect => ({
    purposes: Object.fromEntries(purposes.map((one) => [one, open])),
  });
  const [yes, conditional, no] = openness.map(all) as [Effect, Effect, Effect];
  return rowsOf(`${usage}.${name}_use_status`, { Yes: yes, Conditional: conditional, No: no, [other]: no });
};

const usageRows: readonly Row[] = [
  ...use('training', 'train', 'explore'),
  ...use('inference', 'infer'),
  ...use('evaluation', 'evaluate'),
  ...rowsOf(`${usage}.human_review_required`, {
    No: nothing,
    Yes: { humanReview: true },
    [other]: { humanReview: true },
  }),
];

export const governanceRows: readonly Row[] = [
  ...sensitivityRows,
  ...exportRows,
  ...privacyRows,
  ...rightsRows,
  ...accessRows,
  ...usageRows,
];

/** Lists of markings in words of the agency: each item is a category of its own, below this family. */
export const markingLists: Readonly<Record<string, { level: Level; family: string }>> = {
  [`${sensitivity}.cui_basic_categories`]: { level: 'controlled', family: 'cui' },
  [`${sensitivity}.cui_specified_categories`]: { level: 'controlled', family: 'cui' },
  [`${sensitivity}.cui_limited_dissemination_controls`]: { level: 'controlled', family: 'dissemination' },
  [`${sensitivity}.classified_control_markings`]: { level: 'classified', family: 'marking' },
};
