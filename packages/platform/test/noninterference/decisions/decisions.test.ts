import { expect, test } from 'vitest';
import { decide } from '../../../src/policy/index.ts';
import { freshDatabase } from '../../test-database.ts';
import { verdictOf } from './naive-oracle.ts';
import { anyAsking, anyWorld, chanceFrom, moments } from './random-worlds.ts';
import { storeWorld } from './stored-world.ts';

/** GENESIS_SEED asks for other worlds, GENESIS_DECISIONS for more decisions. */
const seed = Number(process.env['GENESIS_SEED'] ?? 20_261_123);
const wanted = Number(process.env['GENESIS_DECISIONS'] ?? 110_000);
const worlds = 40;

test('over random worlds, every decision is the one that the pages on policy and access describe', async () => {
  const draw = chanceFrom(seed);
  const database = await freshDatabase();
  const tally = { decisions: 0, allow: 0, deny: 0, conditional: 0, granted: 0, covered: 0, changedByTime: 0 };
  const each = Math.ceil(wanted / worlds / 6 / moments.length);
  for (let number = 0; number < worlds; number++) {
    const world = anyWorld(draw);
    const load = await storeWorld(database, world);
    const everybody = await Promise.all(moments.map(load));
    for (const person of world.people) {
      for (let i = 0; i < each; i++) {
        const asking = anyAsking(draw);
        const seen = new Set<string>();
        for (const [moment, at] of moments.entries()) {
          const principal = everybody[moment]!.get(person.id)!;
          const { effect, rationaleCode } = decide({ principal, at, ...asking });
          const expected = verdictOf(world, person, asking, at);
          if (effect !== expected) {
            const place = { number, at: moment, person, asking, principal, rationaleCode };
            expect(effect, JSON.stringify({ ...place, agreements: world.agreements }, null, 1)).toBe(
              expected,
            );
          }
          seen.add(effect);
          tally.decisions++;
          tally[effect]++;
          if (rationaleCode === 'granted') tally.granted++;
          if (rationaleCode === 'covered-by-agreement') tally.covered++;
        }
        if (seen.size > 1) tally.changedByTime++;
      }
    }
  }
  console.log(`decisions: ${JSON.stringify({ seed, ...tally })}`);
  expect(tally.decisions).toBeGreaterThanOrEqual(Math.min(wanted, 100_000));
  // Agreement on refusals alone would prove nothing.
  expect(tally.allow).toBeGreaterThan(tally.decisions / 20);
  for (const rare of [tally.granted, tally.covered, tally.conditional, tally.changedByTime])
    expect(rare).toBeGreaterThan(0);
}, 300_000);
