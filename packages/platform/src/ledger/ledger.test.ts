import {
  addSignature,
  cosign,
  formatNote,
  formatVerifierKey,
  leafHash,
  openNote,
  parseCheckpoint,
  parseNote,
  signatureTypes,
  signerFromSeed,
  verifyConsistency,
  verifyInclusion,
} from '@genesis/evidence';
import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { corePlatform } from '../../test/core-platform.ts';
import { appendEntry } from './append.ts';
import { readLineage, readUses } from './lineage.ts';

let core: Awaited<ReturnType<typeof corePlatform>>;
beforeAll(async () => {
  core = await corePlatform();
});

const add = (n: number, edges: Parameters<typeof appendEntry>[2]['edges'] = []) =>
  core.database.transaction((tx) =>
    appendEntry(tx, core.ids, {
      at: core.clock.now().getTime(),
      actor: 'prn_a',
      action: 'dataset.read',
      resource: `dst_${n}`,
      purpose: 'explore',
      decision: { effect: 'allow', rationaleCode: 'test' },
      details: { n },
      edges,
    }),
  );
const open = (note: string) => parseCheckpoint(openNote(note, [core.ledger.key]).text);

test('every committed entry has a number, a place in the signed tree, and a proof of it', async () => {
  const ids: string[] = [];
  const checkpoints = [];
  for (let i = 0; i < 40; i++) {
    ids.push(await add(i));
    if (i % 7 === 0) checkpoints.push(open((await core.ledger.checkpoint()).note));
  }
  const last = open((await core.ledger.checkpoint()).note);
  expect(last.size).toBe(40);
  const proven = await core.ledger.prove(ids, last.size);
  expect(proven.map(({ seq }) => seq)).toEqual([...ids.keys()]);
  for (const { seq, body, inclusion } of proven) {
    expect(verifyInclusion(seq, last.size, leafHash(Buffer.from(body)), inclusion, last.root)).toBe(true);
    expect(verifyInclusion(seq, last.size, leafHash(Buffer.from(`${body} `)), inclusion, last.root)).toBe(
      false,
    );
  }
  for (const earlier of checkpoints) {
    const proof = await core.ledger.consistency(earlier.size, last.size);
    expect(verifyConsistency(earlier.size, last.size, earlier.root, last.root, proof)).toBe(true);
  }
});

test('many writers at once: each entry gets one number, without a gap', async () => {
  const before = open((await core.ledger.checkpoint()).note).size;
  await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      await add(1000 + i);
      if (i % 10 === 0) await core.sequencer.flush();
    }),
  );
  const { size } = open((await core.ledger.checkpoint()).note);
  expect(size).toBe(before + 60);
  const { rows } = await core.database.orm.execute<{ n: number; distinct: number }>(
    sql`select count(*)::int as n, count(distinct seq)::int as distinct from ledger_entry`,
  );
  expect(rows[0]).toEqual({ n: size, distinct: size });
});

test('an entry cannot be changed, renumbered or deleted, and its details can go without harm', async () => {
  const id = await add(7);
  const { size } = await core.ledger.checkpoint();
  const run = (statement: ReturnType<typeof sql>) => core.database.orm.execute(statement);
  await expect(run(sql`update ledger_entry set body = '{}' where id = ${id}`)).rejects.toThrow();
  await expect(run(sql`update ledger_entry set seq = seq + 1000 where id = ${id}`)).rejects.toThrow();
  await expect(run(sql`delete from ledger_entry where id = ${id}`)).rejects.toThrow();
  await run(sql`delete from ledger_detail where entry = ${id}`);
  expect((await core.ledger.prove([id], size))[0]?.id).toBe(id);
  expect((await core.ledger.details([id])).size).toBe(0);
});

test('a proof of an unknown entry or of one that came later is refused in words', async () => {
  const { size } = await core.ledger.checkpoint();
  const later = await add(8);
  await expect(core.ledger.prove(['ent_unknown'], size)).rejects.toThrow('no entry');
  await expect(core.ledger.prove([later], size)).rejects.toThrow('not in the tree');
});

test('a witness cosigns what continues, and names a fork', async () => {
  const key = formatVerifierKey(core.ledger.key);
  const first = await core.ledger.checkpoint();
  const witness = (note: string, proof: readonly Uint8Array[]) =>
    core.database.transaction((tx) => core.ledger.witness(tx, note, key, proof));
  const seen = await witness(first.note, []);
  await core.database.transaction((tx) =>
    core.ledger.addCosignature(tx, seen.note, formatVerifierKey(seen.witnessKey)),
  );
  expect(parseNote((await core.ledger.checkpointAt(first.size)) ?? '').signatures).toHaveLength(2);
  await add(9);
  const next = await core.ledger.checkpoint();
  await expect(witness(next.note, [])).rejects.toThrow('forks');
  await witness(next.note, await core.ledger.consistency(first.size, next.size));
  await expect(witness(first.note, [])).rejects.toThrow('were witnessed');
});

test('a cosignature over another text, or by another key than stated, is not kept', async () => {
  const stranger = signerFromSeed('other.example/w', signatureTypes.cosignature, Buffer.alloc(32, 9));
  const { note } = await core.ledger.checkpoint();
  const { text } = parseNote(note);
  const other = text.replace('test.example/log', 'test.example/other');
  const forged = { text: other, signatures: [cosign(other, stranger, 1_800_000_000)] };
  const keep = (given: string) =>
    core.database.transaction((tx) => core.ledger.addCosignature(tx, given, formatVerifierKey(stranger.key)));
  await expect(keep(formatNote(forged))).rejects.toThrow();
  const honest = addSignature(parseNote(note), cosign(text, stranger, 1_800_000_000));
  await keep(formatNote(honest));
});

test('a name that one witness took keeps no other witness of that name out', async () => {
  await add(40);
  const { size, note } = await core.ledger.checkpoint();
  for (const seed of [21, 22]) {
    const witness = signerFromSeed('same.example/w', signatureTypes.cosignature, Buffer.alloc(32, seed));
    const signed = addSignature(parseNote(note), cosign(parseNote(note).text, witness, 1_800_000_000));
    for (let again = 0; again < 2; again++)
      await core.database.transaction((tx) =>
        core.ledger.addCosignature(tx, formatNote(signed), formatVerifierKey(witness.key)),
      );
  }
  const { signatures } = parseNote((await core.ledger.checkpointAt(size)) ?? '');
  expect(signatures.filter(({ name }) => name === 'same.example/w')).toHaveLength(2);
});

const everything = { thing: () => sql`true`, node: () => sql`true` };

test('lineage goes up and down along the edges, and uses name who, what for and how it ended', async () => {
  await add(50, [{ subject: 'mdl_x', relation: 'wasGeneratedBy', object: 'run_x' }]);
  await add(51, [{ subject: 'run_x', relation: 'used', object: 'ver_x' }]);
  await add(52, [{ subject: 'run_other', relation: 'used', object: 'ver_other' }]);
  const { edges, complete } = await readLineage(core.database, 'mdl_x', everything);
  expect(complete).toBe(true);
  const arrows = edges.map(({ subject, object }) => `${subject} ${object}`).sort();
  expect(arrows).toEqual(['mdl_x run_x', 'run_x ver_x']);
  expect((await readLineage(core.database, 'ver_x', everything)).edges).toHaveLength(2);
  const uses = await readUses(core.database, ['dst_50', 'ver_x'], 10);
  expect(uses.map(({ actor, effect, purpose }) => ({ actor, effect, purpose }))).toEqual([
    { actor: 'prn_a', effect: 'allow', purpose: 'explore' },
    { actor: 'prn_a', effect: 'allow', purpose: 'explore' },
  ]);
});
