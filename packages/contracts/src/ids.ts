import { z } from 'zod';

/** Every kind of thing that has an identity, with the prefix that makes its ids recognisable in a log. */
export const idPrefixes = {
  organisation: 'org',
  principal: 'prn',
  token: 'tok',
  account: 'acc',
  accountLink: 'lnk',
  session: 'ses',
  signIn: 'sgn',
  delegation: 'dlg',
  dataset: 'dst',
  version: 'ver',
  split: 'spl',
  seal: 'sel',
  capability: 'cap',
  facility: 'fac',
  site: 'sit',
  machine: 'mch',
  incident: 'inc',
  event: 'evt',
  project: 'prj',
  allocation: 'alc',
  job: 'job',
  task: 'tsk',
  run: 'run',
  attempt: 'att',
  campaign: 'cmp',
  experiment: 'exp',
  hypothesis: 'hyp',
  model: 'mdl',
  evaluation: 'evl',
  submission: 'sbm',
  challenge: 'chl',
  entry: 'ent',
  upload: 'upl',
  card: 'crd',
  search: 'sch',
  agreement: 'agr',
  request: 'req',
  release: 'rel',
  grant: 'grn',
  disclosure: 'dsc',
  notice: 'ntc',
  harvest: 'hrv',
  remote: 'rmt',
  trackingExperiment: 'tex',
  trackedRun: 'trn',
  loggedModel: 'lgm',
  registeredModel: 'rgm',
  trackingToken: 'tkt',
} as const;
export type IdKind = keyof typeof idPrefixes;

/** Schema of an id of one kind: its prefix, an underscore and 26 characters of a time-ordered random number. */
export const idSchema = (kind: IdKind) =>
  z
    .string()
    .regex(
      new RegExp(`^${idPrefixes[kind]}_[0-9a-hjkmnp-tv-z]{26}$`),
      `expected the id of a ${kind}, which begins with "${idPrefixes[kind]}_"`,
    );
