import { readFileSync } from 'node:fs';
import type { Conditions, Label, Purpose } from '@genesis/contracts';
import type { DecisionRequest } from '../../../src/policy/index.ts';
import type { Agreement, Grant, Person, World } from './random-worlds.ts';

/*
 * What docs/policy.md and docs/access.md say, read by somebody who has not seen the code: sentence by sentence, about the
 * world itself and not about what the platform has loaded of it. Slow and plain on purpose. The tables of actions and kinds are read from the page.
 */
const page = readFileSync(new URL('../../../../../docs/policy.md', import.meta.url), 'utf8');
const tableAfter = (head: string): string[][] => {
  const lines = page.slice(page.indexOf(head)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
};
const columns = ['administrator', 'steward', 'operator', 'researcher', 'auditor'];
const actionRows = new Map(tableAfter('| action | administrator').map(([name, ...cells]) => [name!, cells]));
const readings = new Set(tableAfter('| kind | shown by |').map(([, shownBy]) => shownBy!));
const permits = (role: string, action: string): boolean =>
  actionRows.get(action)![columns.indexOf(role)] === 'yes';
const openToEveryone = (action: string): boolean => actionRows.get(action)![5] === 'yes';
/** Empty, `any`, or the one purpose that the act has. */
const purposeColumn = (action: string): string => actionRows.get(action)![6]!;

export type Verdict = 'allow' | 'deny' | 'conditional';
type Asking = Omit<DecisionRequest, 'principal' | 'at'>;
type Governed = { label: Label; conditions: Conditions; organisation?: string | null };

const order = ['public', 'internal', 'controlled', 'classified'];
const reaches = (high: Label, low: Label): boolean =>
  order.indexOf(high.level) >= order.indexOf(low.level) &&
  low.categories.every((category) => high.categories.includes(category));
const isOpen = (label: Label): boolean => label.level === 'public' && label.categories.length === 0;
const includes = (all: readonly string[], some: readonly string[]): boolean =>
  some.every((one) => all.includes(one));
const allPurposes = ['explore', 'train', 'infer', 'evaluate', 'publish'];

/** Whether somebody has a role there that permits the action; an administrator of the platform reaches everywhere. */
const mayThere = ({ roles }: Person, action: string, organisation: string | null, at: number): boolean =>
  roles.some(
    (held) =>
      (held.until === undefined || at < held.until) &&
      permits(held.role, action) &&
      (held.organisation === (organisation ?? 'platform') ||
        (held.role === 'administrator' && held.organisation === 'platform')),
  );
const looksAfter = ({ roles }: Person, organisation: string | null, at: number): boolean =>
  roles.some(
    (held) =>
      (held.role === 'steward' || held.role === 'auditor') &&
      held.organisation === (organisation ?? 'platform') &&
      (held.until === undefined || at < held.until),
  );

const isActive = ({ state, from, to }: Agreement, at: number): boolean =>
  state === 'signed' && from !== null && from <= at && to !== null && at < to;
const covers = ({ inForce }: Agreement, { id, home }: Person): boolean =>
  inForce !== null &&
  (inForce.people.includes(id) ||
    inForce.parties.some(({ organisation, everybody }) => everybody && organisation === home));
const allowsPurpose = ({ purposes }: Agreement, purpose: Purpose | null): boolean =>
  purpose === null ||
  purposes.includes(purpose) ||
  (purpose === 'explore' && purposes.includes('train')) ||
  (purpose === 'publish' && purposes.includes('redistribute'));
const inForceFor = (world: World, person: Person, id: string, purpose: Purpose | null, at: number): boolean =>
  world.agreements.some(
    (one) => one.id === id && isActive(one, at) && covers(one, person) && allowsPurpose(one, purpose),
  );

const reachesPerson = ({ projects }: World, { holders }: Grant, { id, home }: Person): boolean =>
  holders.some((holder) => holder === id || holder === home || projects[holder]?.includes(id) === true);
const grantsOf = (world: World, person: Person): Grant[] =>
  world.grants.filter((grant) => reachesPerson(world, grant, person));
const opensNow = (
  world: World,
  person: Person,
  grant: Grant,
  purpose: Purpose | null,
  at: number,
): boolean => {
  if (grant.revoked || at >= grant.until) return false;
  if (purpose !== null && !grant.purposes.includes(purpose)) return false;
  if (grant.agreement === null) return true;
  const behind = world.agreements.find(({ id }) => id === grant.agreement);
  return behind!.datasets.includes(grant.dataset) && inForceFor(world, person, grant.agreement, purpose, at);
};

/** Who may know of an agreement. */
function knowsAgreement(one: Agreement, person: Person, at: number): boolean {
  const told = [one.newest, ...(one.inForce === null ? [] : [one.inForce])]
    .flatMap(({ parties }) => parties)
    .filter(({ organisation }) => one.shared || organisation === one.drafter);
  return (
    told.some(({ organisation }) => looksAfter(person, organisation, at)) ||
    isRepresentative(one, person) ||
    covers(one, person)
  );
}
/** The draft is known to the representative of the party that drafted it, who is one of its own. */
const isRepresentative = (one: Agreement, { id, home }: Person): boolean =>
  (one.shared || home === one.drafter) &&
  one.newest.parties.some(({ representative }) => representative === id);

const handsOnAuthority = (action: string): boolean =>
  /^(principal|token|account)\./.test(action) ||
  ['organisation.create', 'session.create', 'agreement.sign', 'access.decide', 'access.renew'].includes(
    action,
  );
const makesSomething = new Set([
  ...['dataset.create', 'harvest.create', 'split.create', 'project.create', 'job.submit', 'run.submit'],
  ...['capability.register', 'campaign.create', 'hypothesis.freeze', 'model.create', 'agreement.draft'],
]);
const looksAway = ['dataset.import', 'split.create', 'split.retire', 'audit.read', 'backup.create'];
const insideProject = ['job.submit', 'job.update', 'job.cancel', 'file.read', 'file.write'];
const notToOneself = ['principal.clear', 'principal.grant-role', 'principal.disable', 'account.link'];
const endsOwnWork = ['run.cancel', 'campaign.stop', 'hypothesis.abandon'];
const exporting = ['dataset.export', 'campaign.export', 'model.export'];

/** Nothing that a source demands is lost, and nothing is allowed that it does not allow. */
const asStrict = (made: Conditions, source: Conditions): boolean =>
  includes(made.licences, source.licences) &&
  includes(made.agreements, source.agreements) &&
  includes(made.origins, source.origins) &&
  includes(made.needsGrant, source.needsGrant) &&
  includes(source.purposes, made.purposes) &&
  (!source.needsAgreement || made.needsAgreement) &&
  (source.embargoUntil === null ||
    (made.embargoUntil !== null && made.embargoUntil >= source.embargoUntil)) &&
  (source.environments === null ||
    (made.environments !== null && includes(source.environments, made.environments)));

/** Whether a purpose is open; without one, only what is public, for everything, and demands nothing. */
const isOpenFor = (purpose: Purpose | null, { label, conditions }: Governed): boolean =>
  purpose === null
    ? isOpen(label) &&
      includes(conditions.purposes, allPurposes) &&
      !conditions.needsAgreement &&
      conditions.needsGrant.length + conditions.agreements.length === 0
    : conditions.purposes.includes(purpose);

/** The rules that forbid. */
function isForbidden(world: World, person: Person, asking: Asking, at: number): boolean {
  const { action, resource, purpose, handler } = asking;
  const sources: readonly Governed[] = asking.sources ?? [];
  const all: Governed[] = [resource, ...sources];
  const usesData = purposeColumn(action) !== '';
  const family = action.slice(0, action.indexOf('.'));
  if (!person.scopes.some((scope) => ['*', `${family}.*`, action].includes(scope))) return true;
  const { delegation } = person;
  if (delegation !== undefined) {
    if (delegation.revoked || at >= delegation.expiresAt) return true;
    if (!delegation.actions.includes(action) || delegation.purpose !== purpose) return true;
    const named = delegation.resources.includes('*') || delegation.resources.includes(resource.id);
    if (!named && !makesSomething.has(action)) return true;
    if (handsOnAuthority(action) || action === 'delegation.create') return true;
  }
  if (person.kind === 'agent') {
    if (handsOnAuthority(action) || action === 'split.retire') return true;
    if (action === 'dataset.relabel' && !sources.every(({ label }) => reaches(resource.label, label)))
      return true;
  }
  if (
    action === 'split.unseal'
      ? handler !== 'confirm'
      : resource.sealed === true && !looksAway.includes(action)
  )
    return true;
  if (action === 'dataset.relabel' && (sources.length === 0 || !reaches(resource.label, sources[0]!.label)))
    return true;
  if (action === 'release.decide' || action === 'model.approve') {
    if (person.kind !== 'person' || resource.proposedBy === undefined) return true;
    if (resource.proposedBy === person.id) return true;
  }
  // A steward vouches for a clearance without holding it; who operates a machine describes it, whatever it holds.
  const blind = action === 'principal.clear' || action === 'compute.manage';
  if (!blind && !all.every(({ label }) => reaches(person.clearance, label))) return true;
  if (!sources.every(({ label }) => reaches(resource.label, label))) return true;
  if (!sources.every(({ conditions }) => asStrict(resource.conditions, conditions))) return true;
  const closedSources = sources.filter(({ label }) => !isOpen(label));
  if (closedSources.some(({ organisation: of }) => of !== undefined && of !== resource.organisation))
    return true;
  if (!['', 'any', purpose].includes(purposeColumn(action))) return true;
  if (usesData && !all.every((one) => isOpenFor(purpose, one))) return true;
  if (exporting.includes(action) && !resource.conditions.purposes.includes('publish')) return true;
  const today = new Date(at).toISOString().slice(0, 10);
  const embargoed = all.some(({ conditions }) => (conditions.embargoUntil ?? '') > today);
  if (exporting.includes(action) && embargoed) return true;
  if (usesData && all.some((one) => isClosed(world, person, asking, one, at))) return true;
  const destination =
    resource.destinationClearance ??
    (exporting.includes(action) ? { level: 'public' as const, categories: [] } : undefined);
  if (destination !== undefined && !all.every(({ label }) => reaches(destination, label))) return true;
  const { destinationNames: places, members } = resource;
  const approved = ({ conditions: { environments } }: Governed): boolean =>
    environments === null || environments.some((name) => places!.includes(name));
  if (places !== undefined && !all.every(approved)) return true;
  if (insideProject.includes(action) && members !== undefined && !members.includes(person.id)) {
    const mayCancel = mayThere(person, 'project.manage', resource.organisation, at);
    if (action !== 'job.cancel' || !mayCancel) return true;
  }
  if (resource.kind === 'agreement' && action !== 'agreement.draft') {
    const one = world.agreements.find(({ id }) => id === resource.id)!;
    if (!knowsAgreement(one, person, at)) return true;
    if (action === 'agreement.sign' && !isRepresentative(one, person)) return true;
  }
  if (notToOneself.includes(action) && resource.id === person.id) return true;
  if (['access.decide', 'access.renew'].includes(action) && members?.includes(person.id) === true)
    return true;
  if (action === 'principal.create' && !isOpen(resource.label)) return true;
  return ['account.map', 'session.create'].includes(action) && handler !== 'sign-in';
}

/** Whether agreements or grants that one of the things demands are missing. */
function isClosed(world: World, person: Person, asking: Asking, one: Governed, at: number): boolean {
  const { action, purpose } = asking;
  const { agreements, origins, needsAgreement, needsGrant } = one.conditions;
  // Custodians read without it.
  if (readings.has(action) && looksAfter(person, one.organisation ?? null, at)) return false;
  if (!agreements.every((id) => inForceFor(world, person, id, purpose, at))) return true;
  const mine = grantsOf(world, person).filter((grant) => opensNow(world, person, grant, purpose, at));
  const opened = (grants: Grant[]): boolean =>
    origins.length > 0 && origins.every((origin) => grants.some(({ dataset }) => dataset === origin));
  if (
    needsAgreement &&
    agreements.length === 0 &&
    !opened(mine.filter(({ agreement }) => agreement !== null))
  )
    return true;
  return purpose !== null && needsGrant.includes(purpose) && !opened(mine);
}

/** The rules that permit. */
function isPermitted(
  world: World,
  person: Person,
  { action, resource, purpose, handler }: Asking,
  at: number,
): boolean {
  const { kind, id, organisation, label, conditions } = resource;
  if (mayThere(person, action, organisation, at)) return true;
  if (openToEveryone(action) && isOpen(label)) return true;
  const onOneself = ['token.create', 'token.revoke', 'session.read', 'session.end'];
  if (onOneself.includes(action) && kind === 'principal' && id === person.id) return true;
  if (
    handler === 'sign-in' &&
    ['account.map', 'account.link', 'session.create', 'session.end'].includes(action)
  )
    return true;
  const ends = endsOwnWork.includes(action);
  const { origins } = conditions;
  const mine = grantsOf(world, person);
  if (
    (ends || purposeColumn(action) !== '') &&
    mayThere(person, action, person.home, at) &&
    origins.length > 0 &&
    origins.every((origin) =>
      mine.some(
        (grant) => grant.dataset === origin && opensNow(world, person, grant, ends ? null : purpose, at),
      ),
    )
  )
    return true;
  const covering = world.agreements.filter((one) => isActive(one, at) && covers(one, person));
  const coveredDatasets = covering.flatMap(({ datasets }) => datasets);
  if (
    ['card.read', 'access.request'].includes(action) &&
    kind === 'card' &&
    origins.length > 0 &&
    includes(coveredDatasets, origins)
  )
    return true;
  if (kind === 'agreement') {
    const one = world.agreements.find((found) => found.id === id)!;
    if (action === 'agreement.sign' && isRepresentative(one, person)) return true;
    const forParties = ['amend', 'suspend', 'resume', 'terminate', 'disclose', 'impact'];
    const told = [one.newest, ...(one.inForce === null ? [] : [one.inForce])]
      .flatMap(({ parties }) => parties)
      .filter((party) => one.shared || party.organisation === one.drafter);
    if (
      forParties.some((act) => action === `agreement.${act}`) &&
      told.some(
        (party) =>
          looksAfter(person, party.organisation, at) && mayThere(person, action, party.organisation, at),
      )
    )
      return true;
  }
  return action === 'access.request' && kind === 'dataset' && mine.some(({ dataset }) => dataset === id);
}

/** What the page says of a request. */
export function verdictOf(world: World, person: Person, asking: Asking, at: number): Verdict {
  if (isForbidden(world, person, asking, at) || !isPermitted(world, person, asking, at)) return 'deny';
  const needsPerson = [...exporting, 'hypothesis.open'].includes(asking.action);
  return person.kind === 'agent' && needsPerson ? 'conditional' : 'allow';
}
