import type { Label, Purpose, Role } from '@genesis/contracts';

/*
 * Who may see what, said a second time and by other means than the platform does: the tests hold the two together.
 */

const order = ['public', 'internal', 'controlled', 'classified'];
const readers: readonly Role[] = ['steward', 'researcher', 'auditor'];

export type Kind =
  | 'dataset'
  | 'version'
  | 'split'
  | 'capability'
  | 'run'
  | 'campaign'
  | 'experiment'
  | 'hypothesis'
  | 'model'
  | 'upload'
  | 'entry';

/** Something with a label, and the strings that give it away. */
export type Thing = {
  kind: Kind;
  id: string;
  organisation: string;
  label: Label;
  purposes: readonly Purpose[];
  /** Its names, values and ids: nobody who may not see it may receive one of them. */
  canaries: string[];
  /** The read that shows it: `run.read` does not show the run of a campaign. */
  reading: string;
  /** Seen by its submitter only. */
  submitter?: string;
  /** Another name by which it can be asked for. */
  name?: string;
  campaign?: string;
};

/** Somebody with a token. */
export type Actor = {
  name: string;
  id: string;
  kind: 'person' | 'agent' | 'service';
  token: string;
  clearance: Label;
  /** Organisations where a role that is valid now lets them read. */
  readsIn: readonly string[];
  /** Organisations where they may work: import, run, explore. */
  worksIn: readonly string[];
  scopes: readonly string[];
};

export const isReader = (role: Role): boolean => readers.includes(role);

const isPublic = ({ level, categories }: Label): boolean => level === 'public' && categories.length === 0;

export const cleared = (clearance: Label, label: Label): boolean =>
  order.indexOf(clearance.level) >= order.indexOf(label.level) &&
  label.categories.every((category) => clearance.categories.includes(category));

const covered = ({ scopes }: Actor, reading: string): boolean =>
  scopes.some((scope) => scope === '*' || scope === reading || scope === reading.replace(/\..*/, '.*'));

/** Whether an actor may know of a thing for some purpose, or for the one that is given. */
export function maySee(actor: Actor, thing: Thing, purpose?: Purpose): boolean {
  if (thing.submitter !== undefined)
    return thing.submitter === actor.id && cleared(actor.clearance, thing.label);
  const { label, organisation, purposes } = thing;
  return (
    cleared(actor.clearance, label) &&
    (isPublic(label) || actor.readsIn.includes(organisation)) &&
    covered(actor, thing.reading) &&
    (purpose === undefined ? purposes.length > 0 : purposes.includes(purpose))
  );
}

/** The label of what is made from all of these. */
export function joined(...labels: Label[]): Label {
  const level = labels.map((one) => one.level).sort((a, b) => order.indexOf(b) - order.indexOf(a))[0]!;
  return { level, categories: [...new Set(labels.flatMap(({ categories }) => categories))].sort() };
}
