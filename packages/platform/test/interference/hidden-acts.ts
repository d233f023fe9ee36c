import { type Label, levels, purposes } from '@genesis/contracts';
import { cardText } from '../card-for-tests.ts';
import { until } from '../noninterference/client.ts';
import { buildWorld } from '../noninterference/world.ts';
import { asHiddenCard, secret, type WatchedWorld } from './watched-world.ts';

/** Things that exist and that no observer may know of. */
export type Hidden = {
  datasets: string[];
  agreements: string[];
  grants: string[];
  capabilities: string[];
  ids: string[];
};
export const nothingHidden = (): Hidden => ({
  datasets: [],
  agreements: [],
  grants: [],
  capabilities: [],
  ids: [],
});

/** Does something that no observer may see, and notes the ids that come of it. */
type Act = (world: WatchedWorld, hidden: Hidden) => Promise<void>;

const newest = (ids: readonly string[]): string => ids.at(-1)!;
const table = (word: () => string): string =>
  [`a,b,${word()}`, ...Array.from({ length: 24 }, (_, i) => `${i},${2 * i},${word()}`), ''].join('\n');

const importHidden =
  (more: () => object): Act =>
  async ({ imported, owner, word }, hidden) => {
    const made = await imported(
      owner,
      { name: `zirconolite ${word()}`, label: secret, ...more() },
      table(word),
    );
    hidden.datasets.push(made.dataset);
    hidden.ids.push(made.dataset, made.version, made.upload, ...(made.split === null ? [] : [made.split]));
  };

/** Asks for a hidden dataset as somebody who may know of it. */
async function askFor({ send, insider, word }: WatchedWorld, hidden: Hidden): Promise<string> {
  const { id } = await send<{ id: string }>(insider, 'POST', '/v1/access/requests', {
    ...{ dataset: newest(hidden.datasets), purposes: ['explore'], days: 20, reason: word() },
  });
  hidden.ids.push(id);
  return id;
}

const ofAgreement =
  (act: 'suspend' | 'resume' | 'terminate'): Act =>
  async ({ send, owner, word }, { agreements }) => {
    const path = `/v1/agreements/${newest(agreements)}/${act}`;
    await send(owner, 'POST', path, { reason: word() });
  };

const parties = ({ lab, partner, owner, ally }: WatchedWorld) => [
  { organisation: lab, representative: owner.id, by: owner },
  { organisation: partner, representative: ally.id, by: ally },
];

export const acts: Readonly<Record<string, Act>> = {
  'a dataset is imported': importHidden(() => ({})),
  'a dataset with a hidden card is imported': importHidden(() => ({ card: cardText(asHiddenCard) })),
  'a dataset is imported and cut': importHidden(() => ({
    split: { inputs: ['a'], seed: 's', confirmFraction: 0.5 },
  })),
  'a further version is imported': async ({ imported, owner, word }, hidden) => {
    const made = await imported(owner, { dataset: hidden.datasets[0]! }, table(word));
    hidden.ids.push(made.version, made.upload);
  },
  'a version comes behind a public card': async ({ imported, owner, word, carded }, hidden) => {
    const made = await imported(owner, { dataset: carded.dataset }, table(word));
    hidden.ids.push(made.version, made.upload);
  },
  'an agreement is drafted': async (world, hidden) => {
    const id = await world.agreed(parties(world), { datasets: [newest(hidden.datasets)] }, []);
    hidden.ids.push(id);
  },
  'an agreement is signed': async (world, hidden) => {
    const id = await world.agreed(parties(world), {
      ...{
        people: [world.ally.id],
        datasets: [newest(hidden.datasets), world.carded.dataset, world.shared.dataset],
      },
      purposes: ['train', 'publish'],
    });
    hidden.agreements.push(id);
    hidden.ids.push(id);
  },
  'an agreement is amended': async ({ send, owner, word, ...world }, { agreements }) => {
    const path = `/v1/agreements/${newest(agreements)}`;
    const shown = await send<{ version: { terms: object } }>(owner, 'GET', path);
    const terms = { ...shown.version.terms, intellectualProperty: word(), people: [world.ally.id] };
    await send(owner, 'POST', `${path}/versions`, { terms, text: `# ${word()}` });
  },
  'an agreement is suspended': ofAgreement('suspend'),
  'an agreement is resumed': ofAgreement('resume'),
  'access is asked for': async (world, hidden) => {
    await askFor(world, hidden);
  },
  'access to shared data is asked for by somebody else and refused': async (
    { send, insider, owner, shared, word },
    hidden,
  ) => {
    const wish = { dataset: shared.dataset, purposes: ['evaluate'], days: 3, reason: word() };
    const { id } = await send<{ id: string }>(insider, 'POST', '/v1/access/requests', wish);
    await send(owner, 'POST', `/v1/access/requests/${id}/decision`, { approve: false, reason: word() });
    hidden.ids.push(id);
  },
  'access is granted': async (world, hidden) => {
    const id = await askFor(world, hidden);
    const { send, owner, word } = world;
    const path = `/v1/access/requests/${id}/decision`;
    const { grant } = await send<{ grant: string }>(owner, 'POST', path, { approve: true, reason: word() });
    hidden.grants.push(grant);
    hidden.ids.push(grant);
  },
  'a grant is renewed': async ({ send, owner, word }, { grants }) => {
    await send(owner, 'POST', `/v1/access/grants/${newest(grants)}/renew`, { days: 200, reason: word() });
  },
  'a grant is revoked': async ({ send, owner, word }, { grants }) => {
    await send(owner, 'POST', `/v1/access/grants/${newest(grants)}/revoke`, { reason: word() });
  },
  'a form is set': async ({ send, owner, word }, { datasets }) => {
    const questions = [{ id: 'why', text: word(), type: 'text', required: false }];
    await send(owner, 'PUT', '/v1/access/forms', { dataset: newest(datasets), questions });
  },
  'a label is raised': async ({ send, owner, word }, { datasets }) => {
    const label = { ...secret, level: 'classified' };
    await send(owner, 'POST', `/v1/resources/${datasets[0]}/raise`, { label, reason: word() });
  },
  'a release is asked for and decided': async ({ send, owner, second, word }, hidden) => {
    const path = `/v1/resources/${hidden.datasets[0]}/releases`;
    const label = { ...secret, categories: secret.categories.slice(0, 2) };
    const { id } = await send<{ id: string }>(owner, 'POST', path, { label, reason: word() });
    await send(second, 'POST', `/v1/releases/${id}/decide`, { agree: false, reason: word() });
    hidden.ids.push(id);
  },
  'somebody saves a search': async ({ send, insider, word }, hidden) => {
    const { id } = await send<{ id: string }>(insider, 'POST', '/v1/saved-searches', {
      ...{ name: word(), q: 'zirconolite', facets: {}, sort: 'newest', purpose: 'explore' },
    });
    await send(insider, 'POST', `/v1/saved-searches/${id}/run`);
    hidden.ids.push(id);
  },
  'somebody searches and reads': async ({ send, insider }, { datasets }) => {
    await send(insider, 'GET', '/v1/search?q=zirconolite&purpose=explore');
    await send(insider, 'GET', `/v1/datasets/${newest(datasets)}?purpose=explore`);
  },
  'a project with a secret is made': async ({ send, owner, insider, word }, hidden) => {
    const { id } = await send<{ id: string }>(owner, 'POST', '/v1/projects', { name: word(), label: secret });
    await send(owner, 'PUT', `/v1/projects/${id}/members/${insider.id}`, {});
    hidden.ids.push(id);
  },
  'a command is registered and runs': async ({ send, owner, word }, hidden) => {
    const name = `c${word()}`;
    const made = await send<{ capabilityId: string }>(owner, 'POST', '/v1/capabilities', {
      ...{ name, version: '1.0.0', summary: word(), profile: 'analysis', input: {}, output: {} },
      implementation: { kind: 'command', executable: '/bin/sh', arguments: ['-c', 'echo {} > output.json'] },
      labelRule: { atLeast: secret },
    });
    const { id } = await send<{ id: string }>(owner, 'POST', '/v1/runs', { capability: name, input: {} });
    await until(
      () => send<{ run: { status: string } }>(owner, 'GET', `/v1/runs/${id}`),
      ({ run }) => ['succeeded', 'failed'].includes(run.status),
    );
    hidden.ids.push(made.capabilityId, id);
  },
  'a training is tracked': async ({ send, owner, word }, hidden) => {
    const mlflow = <T>(path: string, body: object) => send<T>(owner, 'POST', `/api/2.0/mlflow/${path}`, body);
    const tags = [{ key: 'genesis.label', value: [secret.level, ...secret.categories].join('+') }];
    const made = await mlflow<{ experiment_id: string }>('experiments/create', { name: word(), tags });
    type Run = { run: { info: { run_id: string } } };
    const { run } = await mlflow<Run>('runs/create', { experiment_id: made.experiment_id, run_name: word() });
    const id = run.info.run_id;
    const metrics = [{ key: word(), value: 1, timestamp: 1, step: 1 }];
    await mlflow('runs/log-batch', { run_id: id, metrics, params: [{ key: word(), value: word() }] });
    await mlflow('registered-models/create', { name: word(), tags });
    hidden.ids.push(made.experiment_id, id);
  },
  'a campaign of people is planned': async ({ send, owner, word }, hidden) => {
    const { id } = await send<{ id: string }>(owner, 'POST', '/v1/campaigns', {
      ...{ title: word(), challenge: 11, source: { kind: 'people' }, budget: 4, starts: 2, seed: word() },
      objective: { name: word(), unit: 'g', goal: { kind: 'maximize' } },
      space: {
        parameters: [{ kind: 'categorical', name: word(), choices: Array.from({ length: 8 }, word) }],
      },
      label: secret,
    });
    const { items } = await send<{ items: { id: string }[] }>(
      owner,
      'POST',
      `/v1/campaigns/${id}/suggestions`,
      {},
    );
    hidden.ids.push(id, ...items.map((one) => one.id));
  },
  'people come and go': async ({ send, admin, lab, word }, hidden) => {
    const made = { kind: 'person', name: word(), organisation: lab };
    const { id } = await send<{ id: string }>(admin, 'POST', '/v1/principals', made);
    await send(admin, 'POST', `/v1/principals/${id}/roles`, { organisation: lab, role: 'auditor' });
    await send(admin, 'PUT', `/v1/principals/${id}/disabled`, { disabled: true });
    hidden.ids.push(id);
  },
  'an agreement is terminated': ofAgreement('terminate'),
};

/** A secret that the people of that world are cleared for. */
const ofThatWorld = { ...secret, categories: ['cui', 'pii'] };
let drawn = 0;
/** A whole world beside it: campaigns, models, hypotheses and their confirmation, by people of two organisations more. */
export async function wholeWorld({ server }: WatchedWorld, hidden: Hidden): Promise<void> {
  const { things } = await buildWorld(server, {
    number: 300 + drawn++,
    clearances: [...levels.map((level): Label => ({ level, categories: [] })), ofThatWorld],
    labels: {
      table: ofThatWorld,
      split: ofThatWorld,
      people: ofThatWorld,
      tool: ofThatWorld,
      rival: ofThatWorld,
    },
    purposes: [...purposes],
  });
  hidden.ids.push(...things.map(({ id }) => id));
}
