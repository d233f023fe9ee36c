import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test/test-database.ts';
import { answerOnce, idempotencyKeySchema, requestHash } from './idempotency.ts';
import { idempotentResponses } from './tables.ts';

const request = (body: unknown, key = 'k1', principal = 'anna') => ({
  principal,
  key,
  hash: requestHash('POST', '/things', body),
});

test('of many equal requests at once one acts, and all get its answer', async () => {
  const database = await freshDatabase();
  let acts = 0;
  const act = async () => ({ status: 201, body: { number: ++acts } });
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      database.transaction((tx) => answerOnce(tx, request({ a: 1, b: { c: 2, d: 3 } }), act)),
    ),
  );
  expect(acts).toBe(1);
  expect(answers.filter((answer) => !answer.repeated)).toHaveLength(1);
  for (const answer of answers) expect(answer).toMatchObject({ status: 201, body: { number: 1 } });
  const reordered = await database.transaction((tx) =>
    answerOnce(tx, request({ b: { d: 3, c: 2 }, a: 1 }), act),
  );
  expect(reordered.repeated).toBe(true);
});

test('another request with the same key is refused; another principal or key is not concerned', async () => {
  const database = await freshDatabase();
  const act = async () => ({ status: 200, body: null });
  await database.transaction((tx) => answerOnce(tx, request({ a: 1 }), act));
  const other = database.transaction((tx) => answerOnce(tx, request({ a: 2 }), act));
  await expect(other).rejects.toMatchObject({ failure: { code: 'idempotency-mismatch' } });
  for (const fresh of [request({ a: 2 }, 'k2'), request({ a: 2 }, 'k1', 'berta')]) {
    expect((await database.transaction((tx) => answerOnce(tx, fresh, act))).repeated).toBe(false);
  }
});

test('an act that fails may be tried again with its key, and old answers are forgotten', async () => {
  const database = await freshDatabase();
  const failing = database.transaction((tx) =>
    answerOnce(tx, request({}), async () => {
      throw new Error('not now');
    }),
  );
  await expect(failing).rejects.toThrow('not now');
  const act = async () => ({ status: 200, body: 'done' });
  expect((await database.transaction((tx) => answerOnce(tx, request({}), act))).repeated).toBe(false);
  await database.orm.update(idempotentResponses).set({ at: sql`now() - interval '8 days'` });
  expect((await database.transaction((tx) => answerOnce(tx, request({}), act))).repeated).toBe(false);
  expect(await database.orm.$count(idempotentResponses)).toBe(1);
});

test.each(['', 'two words', 'x'.repeat(201), 'späti'])('%j is no key', (key) => {
  expect(idempotencyKeySchema.safeParse(key).success).toBe(false);
});
