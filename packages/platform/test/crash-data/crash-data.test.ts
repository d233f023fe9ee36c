/** A few of the trials of `npm run test:crash-data`, and what they are chosen by. */
import { expect, test } from 'vitest';
import { withConnection } from '../../src/kernel/connection.ts';
import { connectionOf } from '../crash-compute/database.ts';
import { grantRules } from './grants-checks.ts';
import { labelRules } from './labels-checks.ts';
import { scenarios } from './scenarios.ts';
import { runSeries } from './series.ts';
import { createRandom, kinds, planTrials, pointsOf, type Trial, victims } from './trial.ts';

const all = { only: kinds, stores: ['folder', 's3'] } as const;

test('the same seed gives the same trials: all kinds, stores, victims and points', () => {
  const trials = planTrials(200, 7, all);
  expect(planTrials(200, 7, all)).toEqual(trials);
  expect(planTrials(200, 8, all)).not.toEqual(trials);
  for (const kind of kinds) expect(trials.filter((trial) => trial.kind === kind)).toHaveLength(40);
  expect(new Set(trials.map(({ victim }) => victim))).toEqual(new Set(victims));
  for (const store of all.stores)
    expect(trials.filter((one) => one.kind === 'uploads' && one.store === store)).toHaveLength(20);
  const hit = new Set(trials.map(({ when }) => ('point' in when ? when.point : '')));
  for (const { point } of Object.values(pointsOf).flat()) expect(hit).toContain(point);
});

const away = { awayMs: 200 };
const quiet = { seed: 1, atOnce: 1, say: () => undefined, opened: () => undefined };
const plans: Trial[] = [
  { number: 0, kind: 'imports', store: 's3', victim: 'both', when: { afterMs: 1_500 }, ...away },
  {
    ...{ number: 1, kind: 'harvests', store: 'folder', victim: 'platform', ...away },
    when: { point: 'harvest.entered', nth: 6 },
  },
];

test.for(plans)('$kind survive the kill of $victim', { timeout: 240_000 }, async (plan, { skip }) => {
  const { results, missing } = await runSeries([plan], { ...quiet, open: scenarios });
  if (missing.length > 0) skip(missing.join('; '));
  expect(results.flatMap(({ broken }) => broken)).toEqual([]);
});

/** What makes each rule of the checks fail, in their order. */
const faults = {
  grants: {
    rules: grantRules,
    breaks: [
      `delete from access_request`,
      `delete from access_decision`,
      `update access_request set state = 'asked' where state = 'refused'`,
      `delete from access_grant`,
      `update access_grant set id = 'another' where id = (select min(id) from access_grant)`,
      `update access_request set holders = '{nobody}'`,
      `update access_grant set revoked_at = null`,
      `update access_grant set expires_at = granted_at`,
      `delete from agreement_signature`,
      `update agreement_version set text = jsonb_set(text, '{sha256}', '"another"')`,
      `update agreement set in_force = 1`,
      `update agreement_version set in_force_at = null`,
      `update agreement set state = 'drafted'`,
      `update access_grant set expires_at = expires_at + 400 * 86400000::bigint`,
      `delete from notice where about in (select id from access_request)`,
      `delete from notice where text like '% was revoked: %'`,
      `delete from notice where text like '% ends at %'`,
      `update idempotent_responses set body = jsonb_set(body, '{entry}', '"another"') where body ? 'entry'`,
    ],
  },
  labels: {
    rules: labelRules,
    breaks: [
      `update resource set label_level = 0 where kind = 'version'`,
      `update resource set label_level = 0 where kind = 'campaign'`,
      `update search_policy set label_level = 3`,
      `update search_policy set label_categories = '{another}' where kind = 'card'`,
      `delete from search_document where face = 'both'`,
      `update search_document set name = 'another'`,
      `delete from release`,
      `delete from card_version where number = 2`,
      `update card_version set sha256 = 'another'`,
      `update release set state = 'asked'`,
      `update search_count set documents = documents + 1`,
    ],
  },
} as const;

test.for(['grants', 'labels'] as const)(
  '%s survive a kill, and each check of them can fail',
  { timeout: 240_000 },
  async (kind) => {
    const opened = await scenarios[kind]('folder', () => undefined);
    if ('missing' in opened) throw new Error(opened.missing);
    const { place, run } = opened;
    try {
      const trial: Trial = {
        ...{ number: 1, kind, store: 'folder', victim: 'platform', when: { afterMs: 600 }, ...away },
      };
      expect((await run(trial, createRandom(1))).broken).toEqual([]);
      const { rules, breaks } = faults[kind];
      expect(breaks).toHaveLength(rules.words.length);
      for (const [at, fault] of breaks.entries()) {
        const found = await withConnection(connectionOf(place.server.folder), async (client) => {
          await client.query('begin');
          await client.query(fault);
          const { rows } = await client.query<{ broken: string }>(rules.sql);
          await client.query('rollback');
          return rows.map(({ broken }) => broken.split(': ')[0]);
        });
        expect.soft(found, fault).toContain(rules.words[at]);
      }
    } finally {
      await place.close({ keep: false });
    }
  },
);
