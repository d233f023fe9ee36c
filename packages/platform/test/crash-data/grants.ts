/** Agreements are signed and amended, access is asked for, decided, renewed and revoked, by several people at once, while the platform is killed. */
import { setTimeout as pause } from 'node:timers/promises';
import { Refused } from '../crash/client.ts';
import { type Acknowledged, brokenRules, lostWrites, untold } from './grants-checks.ts';
import { type GrantsWorld, makeGrantsWorld, termsOf } from './grants-world.ts';
import { prepareKill, watch } from './kill.ts';
import type { Person } from './people.ts';
import { openWith } from './place.ts';
import type { OpenScenario } from './series.ts';
import type { Outcome, Trial } from './trial.ts';

type Moved = { id: string; version: number; sha256: string; state: string; missing?: string[] };
type Decided = { state: string; grant: string | null };

const dayMs = 86_400_000;

/** The acts of one trial. Every write has a key of its own, and is noted once it was acknowledged. */
class Acts {
  readonly acknowledged: Acknowledged[] = [];
  readonly broken: string[] = [];
  readonly #world: GrantsWorld;
  readonly #key: string;

  constructor(world: GrantsWorld, key: string) {
    this.#world = world;
    this.#key = key;
  }

  async #write<T>(by: Person, path: string, body: unknown, what: string): Promise<T> {
    return await by.write<T>('POST', path, body, `${this.#key}-${what}-${by.id}`);
  }

  #note(by: Person, action: string, details: object, resource?: string): void {
    this.acknowledged.push({
      actor: by.id,
      action,
      details,
      ...(resource === undefined ? {} : { resource }),
    });
  }

  /** What an acknowledged change opened or closed holds at the next decision. */
  async expectAccess(guest: number, is: boolean): Promise<void> {
    const { guests, datasets } = this.#world;
    let may = true;
    try {
      await guests[guest]!.get(`/v1/datasets/${datasets[guest]}?purpose=train`);
    } catch (error) {
      if (!(error instanceof Refused) || ![403, 404].includes(error.status)) throw error;
      may = false;
    }
    if (may !== is)
      this.broken.push(`guest ${guest} ${may ? 'has access, and should not' : 'has no access'}`);
  }

  async draft(by: Person, endsAt: number): Promise<Moved> {
    const body = {
      title: `Alloys ${this.#key}`,
      type: 'crada',
      text: `# ${this.#key}\n`,
      terms: termsOf(this.#world, endsAt),
    };
    const made = await this.#write<Moved>(by, '/v1/agreements', body, 'draft');
    this.#note(by, 'agreement.draft', { version: 1, text: made.sha256 }, made.id);
    await this.#write(by, `/v1/agreements/${made.id}/review`, {}, 'review');
    this.#note(by, 'agreement.review', {}, made.id);
    return made;
  }

  async amend(by: Person, id: string, endsAt: number): Promise<Moved> {
    const body = { text: `# ${this.#key}, amended\n`, terms: termsOf(this.#world, endsAt) };
    const made = await this.#write<Moved>(by, `/v1/agreements/${id}/versions`, body, 'amend');
    this.#note(by, 'agreement.amend', { version: made.version, text: made.sha256 }, id);
    return made;
  }

  /** Both representatives sign at the same time: one of the two signatures puts it in force. */
  async sign({ id, version, sha256 }: Moved): Promise<void> {
    const { labSigns, firmSigns } = this.#world;
    const signatures = await Promise.all(
      [labSigns, firmSigns].map(async (by) => {
        const path = `/v1/agreements/${id}/signatures`;
        const signed = await this.#write<Moved>(by, path, { version, sha256 }, `sign-${version}`);
        this.#note(by, 'agreement.sign', { version, text: sha256 }, id);
        return signed;
      }),
    );
    const completed = signatures.filter(({ missing }) => missing?.length === 0).length;
    if (completed !== 1) this.broken.push(`${completed} signatures completed version ${version} of ${id}`);
    const shown = await labSigns.get<{ agreement: { state: string; inForce: number } }>(
      `/v1/agreements/${id}`,
    );
    const { state, inForce } = shown.agreement;
    if (state !== 'active' || inForce !== version)
      this.broken.push(`signed by all, ${id} is ${state} in version ${inForce} instead of ${version}`);
  }

  async terminate(by: Person, id: string): Promise<void> {
    await this.#write(by, `/v1/agreements/${id}/terminate`, { reason: 'The work is done.' }, 'terminate');
    this.#note(by, 'agreement.terminate', {}, id);
  }

  async request(guest: number, agreement: string, days: number): Promise<string> {
    const { guests, datasets } = this.#world;
    const by = guests[guest]!;
    const wish = { dataset: datasets[guest], purposes: ['train'], days, reason: 'A model.', agreement };
    const { id } = await this.#write<{ id: string }>(by, '/v1/access/requests', wish, 'request');
    this.#note(by, 'access.request', { request: id, days });
    return id;
  }

  /** Undefined where somebody else decided before. */
  async decide(by: Person, request: string, approve: boolean): Promise<Decided | undefined> {
    try {
      const path = `/v1/access/requests/${request}/decision`;
      const decided = await this.#write<Decided>(
        by,
        path,
        { approve, reason: 'As agreed.' },
        `decide-${request}`,
      );
      this.#note(by, 'access.decide', { request, approve, state: decided.state });
      return decided;
    } catch (error) {
      if (error instanceof Refused && error.status === 409) return undefined;
      throw error;
    }
  }

  async revoke(by: Person, grant: string): Promise<void> {
    await this.#write(by, `/v1/access/grants/${grant}/revoke`, { reason: 'Misuse.' }, 'revoke');
    this.#note(by, 'access.revoke', { grant });
  }

  async renew(by: Person, grant: string): Promise<void> {
    const path = `/v1/access/grants/${grant}/renew`;
    // no further than the amended agreement reaches
    const body = { days: 15, reason: 'Goes on.' };
    const renewed = await this.#write<{ expiresAt: string }>(by, path, body, 'renew');
    this.#note(by, 'access.renew', { grant, expiresAt: renewed.expiresAt });
  }
}

/** From the wish to the grant and to what becomes of it: one guest of each is revoked, renewed, refused, and decided about by two at once. */
async function oneGuest(
  acts: Acts,
  { stewards }: GrantsWorld,
  guest: number,
  agreement: string,
): Promise<void> {
  const [first, second] = stewards;
  const request = await acts.request(guest, agreement, guest === 1 || guest === 2 ? 10 : 40);
  if (guest === 3) {
    await acts.decide(first, request, false);
    return await acts.expectAccess(guest, false);
  }
  const deciding = guest === 1 ? [first, second] : [guest === 0 ? first : second];
  const decided = (await Promise.all(deciding.map((by) => acts.decide(by, request, true)))).filter(
    (one) => one !== undefined,
  );
  const grant = decided[0]?.grant;
  if (decided.length !== 1 || grant == null) {
    acts.broken.push(`${decided.length} decisions of ${deciding.length} on ${request} made a grant`);
    return;
  }
  await acts.expectAccess(guest, true);
  if (guest === 0) {
    await acts.revoke(second, grant);
    await acts.expectAccess(guest, false);
  }
  if (guest === 2) {
    await acts.renew(first, grant);
    await acts.expectAccess(guest, true);
  }
}

async function runTrial(world: GrantsWorld, trial: Trial): Promise<Outcome> {
  const { place, stewards, firmSteward, guests } = world;
  const { read } = place;
  const isNamed = 'point' in trial.when;
  let kill = isNamed ? undefined : await prepareKill(place, trial);
  const stop = watch(() => brokenRules(read));
  const acts = new Acts(world, `grants-${trial.number}`);
  if ('afterMs' in trial.when) kill?.begin(trial.when.afterMs);
  const drafted = await acts.draft(stewards[0], Date.now() + 200 * dayMs);
  await acts.sign(drafted);
  const amend = async (): Promise<void> => {
    // sooner, so that an end comes near
    await acts.sign(await acts.amend(stewards[1], drafted.id, Date.now() + 20 * dayMs));
  };
  const all = guests.map((_, guest) => oneGuest(acts, world, guest, drafted.id));
  await Promise.all([amend(), ...all]);
  const isTerminated = trial.number % 2 === 0;
  if (isTerminated) {
    await acts.terminate(firmSteward, drafted.id);
    await Promise.all(guests.map((_, guest) => acts.expectAccess(guest, false)));
  }
  // the start looks whose access ends soon
  kill ??= await prepareKill(place, trial);
  const killed = await kill.over(60_000);
  await place.server.stop();
  await place.server.start();
  let late = await untold(read);
  for (const until = Date.now() + 60_000; late.length > 0 && Date.now() < until; late = await untold(read))
    await pause(200);
  const { looks, broken } = await stop();
  // what is left goes on with the next trial from nothing
  if (!isTerminated) {
    for (const guest of [1, 2]) await acts.expectAccess(guest, true);
    await acts.terminate(firmSteward, drafted.id);
  }
  return {
    did: `${acts.acknowledged.length} writes, ${looks} looks`,
    killed,
    broken: [
      ...acts.broken,
      ...broken,
      ...late,
      ...(await brokenRules(read)),
      ...(await lostWrites(read, acts.acknowledged)),
    ],
  };
}

export const openGrants: OpenScenario = (_, opened) =>
  openWith('folder', [], opened, async (place) => {
    const world = await makeGrantsWorld(place);
    return { run: (trial: Trial) => runTrial(world, trial) };
  });
