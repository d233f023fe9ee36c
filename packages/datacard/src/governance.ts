import { type Label, type Level, levels, type Purpose, purposes } from '@genesis/contracts';
import {
  type Card,
  isBlank,
  isList,
  listOf,
  type Mapping,
  notApplicable,
  textOf,
  type Value,
  valueAt,
} from './card.ts';
import {
  blank,
  type Effect,
  governanceRows,
  markingLists,
  type Openness,
  openness,
  other,
  type Row,
} from './governance-rows.ts';
import { isDay } from './rules/field-values.ts';

/** Where data may be: anywhere, only in named environments, or nobody has said. */
export type Environments = { kind: 'any' } | { kind: 'only'; names: string[] } | { kind: 'unknown' };

/** Why something is as it is: the field, what it says, and what that does. */
export type Reason = { field: string; value: string; effect: Effect };

/** The governance of a card as plain data, for whoever decides. It grants nothing by itself. */
export type Governance = {
  label: Label;
  /** Of every purpose that data can be used for. */
  purposes: Record<Purpose, Openness>;
  /** Terms that a person has to accept before a conditional purpose is open, by purpose. */
  conditions: Partial<Record<Purpose, string>>;
  /** Whether an agreement is demanded, and of which types; no types where the card does not name them. */
  agreement: { required: boolean; types: string[] };
  approvals: string[];
  /** A person reviews what is derived before it goes out. */
  humanReview: boolean;
  /** The day before which nothing is published; `unknown` for an embargo without a day. */
  embargoUntil: string | null;
  environments: Environments;
  /** SPDX identifier, or a reference where there is none; empty where no licence is stated. */
  licences: string[];
  because: Reason[];
};

const fieldsOf = (rows: readonly Row[]): ReadonlyMap<string, ReadonlyMap<string, Row>> => {
  const found = new Map<string, Map<string, Row>>();
  for (const row of rows) {
    const values = found.get(row.field) ?? new Map<string, Row>();
    found.set(row.field, values.set(row.value, row));
  }
  return found;
};

const byField = fieldsOf(governanceRows);
const named = (value: string): boolean => value !== other && value !== blank;

/** The rows that apply to a field: one for a blank, else one for each item. */
function rowsFor(values: ReadonlyMap<string, Row>, fields: Mapping, field: string): Reason[] {
  const reason = (row: Row, value: string): Reason => {
    const applies = row.unlessNo === undefined || valueAt(fields, row.unlessNo) !== 'No';
    return { field, value, effect: applies ? row.effect : {} };
  };
  const rest = values.get(other)!;
  const items = listOf(valueAt(fields, field));
  if (items.length === 0) return [reason(values.get(blank) ?? rest, blank)];
  return items.map((item) => {
    const text = textOf(item);
    const row = named(text) ? values.get(text) : undefined;
    return reason(row ?? (text === notApplicable ? values.get(blank) : undefined) ?? rest, text);
  });
}

/** A word of an agency as the second part of a category: `NOFORN` is `noforn`, `REL TO USA, GBR` is `rel-to-usa-gbr`. */
function slug(value: Value): string {
  const made = textOf(value)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return made === '' || made.length > 60 ? 'unknown' : made;
}

const markingReasons = (fields: Mapping): Reason[] =>
  Object.entries(markingLists).flatMap(([field, { level, family }]) =>
    listOf(valueAt(fields, field))
      .filter((item) => item !== notApplicable)
      .map((item) => ({
        field,
        value: textOf(item),
        effect: { level, categories: [`${family}:${slug(item)}`] },
      })),
  );

/** A label holds 64 categories. What a card names beyond that becomes one that nobody is cleared for. */
const mostCategories = 64;

function joined(reasons: readonly Reason[]): Label {
  const level = reasons.reduce<Level>((highest, { effect }) => {
    const given = effect.level ?? 'public';
    return levels.indexOf(given) > levels.indexOf(highest) ? given : highest;
  }, 'public');
  const all = [...new Set(reasons.flatMap(({ effect }) => effect.categories ?? []))].sort();
  const categories =
    all.length <= mostCategories ? all : [...all.slice(0, mostCategories - 1), 'too-many-categories'].sort();
  return { level, categories };
}

const ofDataset = 'discoverability.sensitivity';
const ofCard = 'discoverability.datacard.sensitivity';

/**
 * The label of the card itself, read from its own sensitivity as that of the dataset is: a card can be public while its
 * dataset is not. One that says nothing of itself has the strictest label.
 */
export function cardLabelOf({ fields }: Card): Label {
  const own: Mapping = { discoverability: { sensitivity: valueAt(fields, ofCard) ?? null } };
  const rows = [...byField].filter(([field]) => field.startsWith(`${ofDataset}.`));
  return joined([...rows.flatMap(([field, values]) => rowsFor(values, own, field)), ...markingReasons(own)]);
}

const state = 'discoverability.workflow.state';
const until = 'discoverability.workflow.embargo_until';

/** A day counts in any state; an embargo without one, or with one that no calendar has, never ends by itself. */
function embargo(fields: Mapping): string | null {
  const day = valueAt(fields, until);
  if (typeof day === 'string' && isDay(day)) return day;
  if (valueAt(fields, state) === 'Embargo') return 'unknown';
  return isBlank(day) || day === notApplicable ? null : 'unknown';
}

/** An empty list says that no environment is prescribed; a missing one says nothing. */
function environments(fields: Mapping): Environments {
  const given = valueAt(fields, 'accessibility.access_policy.approved_environments');
  if (given === notApplicable || (isList(given) && given.length === 0)) return { kind: 'any' };
  const names = listOf(given).filter((item) => typeof item === 'string');
  return names.length === 0 ? { kind: 'unknown' } : { kind: 'only', names };
}

function licences(fields: Mapping): string[] {
  const id = valueAt(fields, 'reusability.license.spdx_id');
  if (typeof id !== 'string' || isBlank(id) || id === notApplicable) return [];
  if (id === 'pending') return ['LicenseRef-pending'];
  if (!/^other$/i.test(id)) return [id.slice(0, 100)];
  const name = valueAt(fields, 'reusability.license.name');
  return [`LicenseRef-${slug(isBlank(name) ? 'other' : name!)}`];
}

const termsOf: Readonly<Partial<Record<Purpose, string>>> = {
  train: 'training',
  explore: 'training',
  infer: 'inference',
  evaluate: 'evaluation',
};

/** Open only where a row opens it and no row closes it: what nobody speaks of is denied. */
function opennessOf(purpose: Purpose, reasons: readonly Reason[]): Openness {
  const said = reasons.flatMap(({ effect }) => effect.purposes?.[purpose] ?? []);
  return said.length === 0 ? 'denied' : openness[Math.max(...said.map((one) => openness.indexOf(one)))]!;
}

/**
 * What the governance fields of a card say, as policy. Works for any card, valid or not: what is blank or unknown counts
 * as its strictest reading, and no flag, licence or normalised basis ever loosens what another field says. The label is
 * that of the dataset; the card has a sensitivity of its own that says nothing about it.
 */
export function governanceOf({ fields }: Card): Governance {
  const because = [
    ...[...byField].flatMap(([field, values]) => rowsFor(values, fields, field)),
    ...markingReasons(fields),
  ];
  const effects = because.map(({ effect }) => effect);
  const unique = (all: readonly string[]): string[] => [...new Set(all)].sort();
  const embargoUntil = embargo(fields);
  const open = Object.fromEntries(
    purposes.map((purpose) => [purpose, opennessOf(purpose, because)]),
  ) as Record<Purpose, Openness>;
  const conditions = purposes.flatMap((purpose) => {
    const terms = valueAt(fields, `ai_usability.ai_usage.${termsOf[purpose]}_use_conditions`);
    return open[purpose] === 'conditional' && typeof terms === 'string' ? [[purpose, terms]] : [];
  });
  return {
    label: joined(because),
    // The end of an embargo is a matter of the day on which somebody asks; until then it closes publishing.
    purposes: embargoUntil === 'unknown' ? { ...open, publish: 'denied' } : open,
    conditions: Object.fromEntries(conditions) as Partial<Record<Purpose, string>>,
    agreement: {
      required: effects.some(({ agreements }) => agreements !== undefined),
      types: unique(effects.flatMap(({ agreements }) => agreements ?? [])),
    },
    approvals: unique(effects.flatMap(({ approvals }) => approvals ?? [])),
    humanReview: effects.some(({ humanReview }) => humanReview === true),
    embargoUntil,
    environments: environments(fields),
    licences: licences(fields),
    because: because.filter(({ effect }) => Object.keys(effect).length > 0),
  };
}
