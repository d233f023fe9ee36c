import { type Label, levels, purposes } from '@genesis/contracts';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { everything } from './cast.ts';
import { type Answer, type Ask, comparable, send } from './client.ts';
import { lists, operations, unknownLike } from './operations.ts';
import { type Actor, maySee, type Thing } from './oracle.ts';
import { type Server, startServer } from './server.ts';
import { buildWorld, type Seed, type World } from './world.ts';

/*
 * What anybody receives from a running platform is searched for the names, values and ids of everything that they are
 * not cleared for. GENESIS_WORLDS and GENESIS_SEQUENCES ask for more, GENESIS_SEED for other ones.
 */
const environment = process.env;
const seed = Number(environment['GENESIS_SEED'] ?? 20_261_123);
const worlds = Number(environment['GENESIS_WORLDS'] ?? 2);
const sequences = Number(environment['GENESIS_SEQUENCES'] ?? 25);
const stepsAtMost = 40;

const label: fc.Arbitrary<Label> = fc.record({
  level: fc.constantFrom(...levels),
  categories: fc.subarray([...everything.categories]),
});
const secret = label.filter(({ level, categories }) => level !== 'public' || categories.length > 0);
const anySeed: fc.Arbitrary<Omit<Seed, 'number'>> = fc.record({
  clearances: fc.array(label, { minLength: 5, maxLength: 5 }),
  labels: fc.record({ table: secret, split: secret, people: label, tool: label, rival: secret }),
  purposes: fc.subarray([...purposes]).map((some) => [...new Set([...some, 'explore' as const])].sort()),
});

const step = fc.record({
  actor: fc.nat(),
  operation: fc.nat(),
  thing: fc.nat(),
  purpose: fc.constantFrom(...purposes),
  draw: fc.integer({ min: 1, max: 1_000_000 }),
  list: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
  /** Whether somebody asks who may see it: answers that show nothing can leak nothing. */
  able: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

let server: Server;
const built: World[] = [];
const tally = { answers: 0, refused: 0, shown: 0, pairs: 0 };

beforeAll(async () => {
  console.log(`noninterference: seed ${seed}, ${worlds} worlds, ${sequences} sequences each`);
  server = await startServer();
  const drawn = fc.sample(anySeed, { seed, numRuns: worlds });
  for (const [number, one] of drawn.entries()) built.push(await buildWorld(server, { number, ...one }));
});

/** Strings that an actor must not receive, with what they would give away. */
function forbidden(world: World, actor: Actor): Map<string, Thing> {
  const may = new Set<string>();
  for (const thing of world.things) {
    if (maySee(actor, thing)) for (const one of thing.canaries) may.add(one);
    // A narrow token hides what a thing says; its id stands in what the same person may read otherwise.
    if (maySee({ ...actor, scopes: ['*'] }, thing)) may.add(thing.id);
  }
  const none = new Map<string, Thing>();
  for (const thing of world.things) {
    for (const one of thing.canaries) if (!may.has(one)) none.set(one, thing);
  }
  return none;
}

function search(world: World, actor: Actor, ask: Ask, answer: Answer): void {
  const whole = `${answer.headers}\n${answer.text}`;
  const said = JSON.stringify(ask);
  const place = `${actor.name}: ${said.slice(0, 400)} -> ${answer.status}`;
  for (const value of world.sealed)
    if (whole.includes(value)) throw new Error(`${place}\nshows the sealed ${value}`);
  for (const [canary, thing] of forbidden(world, actor)) {
    if (said.includes(canary) || !whole.includes(canary)) continue;
    throw new Error(
      `${place}\nshows ${canary} of a hidden ${thing.kind} ${thing.id}:\n${answer.text.slice(0, 1500)}`,
    );
  }
  tally.answers++;
}

async function askAs(world: World, actor: Actor, ask: Ask): Promise<Answer> {
  const answer = await send(server.url, actor.token, ask);
  search(world, actor, ask, answer);
  expect(answer.status, `${JSON.stringify(ask)} ${answer.text}`).toBeLessThan(500);
  return answer;
}

function actorOf({ cast }: World, one: Step, thing?: Thing): Actor {
  const able = thing === undefined || !one.able ? [] : cast.actors.filter((actor) => maySee(actor, thing));
  const chosen = able.length === 0 ? cast.actors : able;
  return chosen[one.actor % chosen.length]!;
}

/** One request about one thing; where it is hidden, the same request about nothing must be answered alike. */
async function probe(world: World, one: Step): Promise<void> {
  const thing = world.things[one.thing % world.things.length]!;
  const actor = actorOf(world, one, thing);
  const fitting = operations.filter(({ kinds }) => kinds.includes(thing.kind));
  const { name, ask } = fitting[one.operation % fitting.length]!;
  const id =
    thing.name !== undefined && one.draw % 2 === 0 && !['lineage', 'audit'].includes(name)
      ? thing.name
      : thing.id;
  const asked = ask(id, one.purpose, thing);
  const answer = await askAs(world, actor, asked);
  if (maySee(actor, thing)) {
    if (answer.status < 300) tally.shown++;
    return;
  }
  tally.refused++;
  const nothing = unknownLike(id, one.draw);
  const same = await askAs(world, actor, ask(nothing, one.purpose, thing));
  expect(comparable(answer, [id]), `${actor.name}: ${name} of a hidden ${thing.kind}`).toBe(
    comparable(same, [nothing]),
  );
  tally.pairs++;
}

/** Pages of a list, joined: exactly the things that may be seen for the purpose. */
async function listAll(world: World, one: Step): Promise<void> {
  const actor = actorOf(world, one);
  const all = lists(one.purpose, 200, undefined);
  const place = one.operation % all.length;
  const { kind, ask } = all[place]!;
  const limit = ask.path.includes('limit=') ? 1 + (one.draw % 40) : 200;
  let text = '';
  let cursor: string | undefined;
  for (let pages = 0; pages < 400; pages++) {
    const pageAsk = ask.path.startsWith('/v1/models') ? ask : lists(one.purpose, limit, cursor)[place]!.ask;
    const answer = await askAs(world, actor, pageAsk);
    text += answer.text;
    if (answer.status !== 200) break;
    cursor = (JSON.parse(answer.text) as { nextCursor?: string | null }).nextCursor ?? undefined;
    if (cursor === undefined) break;
  }
  const purpose = ask.path.includes('purpose=') ? one.purpose : kind === 'model' ? 'infer' : 'explore';
  for (const thing of world.things.filter((found) => found.kind === kind)) {
    expect(text.includes(thing.id), `${actor.name}: ${ask.path} and the ${kind} ${thing.id}`).toBe(
      maySee(actor, thing, purpose),
    );
  }
}

test('random sequences by people of mixed clearance receive nothing that they are not cleared for', async () => {
  for (const world of built) {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: stepsAtMost }), async (steps) => {
        for (const one of steps) {
          if (one.list) await listAll(world, one);
          else await probe(world, one);
        }
      }),
      { numRuns: sequences, seed, endOnFailure: true },
    );
  }
  console.log(`noninterference: ${JSON.stringify(tally)}`);
  // Agreement on refusals alone would prove nothing.
  expect(tally.shown).toBeGreaterThan(tally.answers / 50);
  expect(tally.pairs).toBeGreaterThan(tally.answers / 10);
}, 600_000);
