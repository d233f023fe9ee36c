import { idSchema, invalidField } from '@genesis/contracts';
import { formatVerifierKey } from '@genesis/evidence';
import { z } from 'zod';
import { type Door, type EvidenceReads, platformFacts } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import type { App } from '../../kernel/index.ts';
import type { LedgerLog } from '../../ledger/index.ts';

const tags = ['ledger'];
const base64 = z.base64().max(100);
const hashes = z.array(base64).max(100);
const entryParams = z.strictObject({ id: idSchema('entry') });
const encode = (all: readonly Uint8Array[]): string[] =>
  all.map((one) => Buffer.from(one).toString('base64'));
const size = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const note = z.string().max(10_000);
const verifierKey = z.string().max(1000);
const openId = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, 'expected an id') });

/** The ledger for people and for witnesses: checkpoints, proofs, lineage and audit. */
export function ledgerRoutes(
  app: App,
  parts: { ledger: LedgerLog; door: Door; evidence: EvidenceReads },
): void {
  const { ledger, door, evidence } = parts;

  app.get(
    '/v1/ledger/key',
    {
      schema: {
        tags,
        summary: 'The key that checks the signatures of this ledger',
        response: { 200: z.strictObject({ verifierKey: z.string() }) },
      },
    },
    () => ({ verifierKey: formatVerifierKey(ledger.key) }),
  );

  app.post(
    '/v1/ledger/checkpoint',
    {
      schema: {
        tags,
        summary: 'A signed checkpoint (C2SP tlog-checkpoint) over everything committed so far',
        response: { 200: z.strictObject({ size: z.int(), note: z.string() }) },
      },
    },
    async () => await ledger.checkpoint(),
  );

  app.get(
    '/v1/ledger/consistency',
    {
      schema: {
        tags,
        summary: 'Proof that an earlier tree is a prefix of a later one (RFC 6962)',
        querystring: z.strictObject({ from: size, to: size }),
        response: { 200: z.strictObject({ proof: hashes }) },
      },
    },
    async (request) => {
      const { from, to } = request.query;
      if (from < 1 || from > to) throw invalidField('query.from', `expected 1 to ${to}, the later size`);
      const { size: present } = await ledger.checkpoint();
      if (to > present) throw invalidField('query.to', `the ledger has ${present} entries`);
      return { proof: encode(await ledger.consistency(from, to)) };
    },
  );

  app.get(
    '/v1/ledger/entries/:id/proof',
    {
      schema: {
        tags,
        summary:
          'Proof that an entry is in the ledger: its body, its place, and an inclusion proof to a checkpoint',
        params: entryParams,
        response: {
          200: z.strictObject({
            id: z.string(),
            index: z.int(),
            body: z.string(),
            checkpoint: z.string(),
            proof: hashes,
          }),
        },
      },
    },
    async (request) => {
      await evidence.assertMayProve(principalOf(request), request.params.id);
      const checkpoint = await ledger.checkpoint();
      const [proven] = await ledger.prove([request.params.id], checkpoint.size);
      const { id, seq, body, inclusion } = proven!;
      return { id, index: seq, body, checkpoint: checkpoint.note, proof: encode(inclusion) };
    },
  );

  app.post(
    '/v1/ledger/witness',
    {
      schema: {
        tags,
        summary: 'Act as a witness for another ledger: check that it only grew, and cosign its checkpoint',
        body: z.strictObject({ note, verifierKey, proof: hashes }),
        response: { 200: z.strictObject({ note: z.string(), witnessKey: z.string() }) },
      },
    },
    async (request) => {
      const { body } = request;
      const proof = body.proof.map((hash) => Buffer.from(hash, 'base64'));
      const { result } = await door.perform(
        {
          principal: principalOf(request),
          action: 'ledger.witness',
          resource: { about: platformFacts },
          purpose: null,
        },
        async (tx) => {
          const witnessed = await ledger.witness(tx, body.note, body.verifierKey, proof);
          return { result: witnessed, details: { witnessed: body.note.split('\n', 2) } };
        },
      );
      return { note: result.note, witnessKey: formatVerifierKey(result.witnessKey) };
    },
  );

  app.post(
    '/v1/ledger/cosignatures',
    {
      schema: {
        tags,
        summary: 'Keep the cosignature of a witness over one of our checkpoints',
        body: z.strictObject({ note, verifierKey }),
        response: { 200: z.strictObject({ done: z.literal(true) }) },
      },
    },
    async (request) => {
      const { body } = request;
      await door.perform(
        {
          principal: principalOf(request),
          action: 'ledger.witness',
          resource: { about: platformFacts },
          purpose: null,
        },
        async (tx) => {
          await ledger.addCosignature(tx, body.note, body.verifierKey);
          return { result: undefined, details: { witness: body.verifierKey } };
        },
      );
      return { done: true as const };
    },
  );

  app.get(
    '/v1/lineage/:id',
    {
      schema: {
        tags,
        summary: 'Where something comes from and what came of it, as edges of W3C PROV',
        params: openId,
        response: {
          200: z.strictObject({
            complete: z.boolean(),
            edges: z.array(
              z.strictObject({
                entry: z.string(),
                subject: z.string(),
                relation: z.string(),
                object: z.string(),
              }),
            ),
          }),
        },
      },
    },
    async (request) =>
      await evidence.lineage(door.authorize(principalOf(request), 'explore'), request.params.id),
  );

  app.get(
    '/v1/audit/:id',
    {
      schema: {
        tags,
        summary: 'Who used something, for what, and who was denied (stewards and auditors)',
        params: openId,
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(200) }),
        response: {
          200: z.strictObject({
            items: z.array(
              z.strictObject({
                /** Null where it is about something that you may not know of. */
                entry: z.string().nullable(),
                at: z.string(),
                actor: z.string(),
                action: z.string(),
                effect: z.string(),
                purpose: z.string().nullable(),
              }),
            ),
          }),
        },
      },
    },
    async (request) => {
      const uses = await evidence.audit(principalOf(request), request.params.id, request.query.limit);
      return { items: uses.map((use) => ({ ...use, at: new Date(use.at).toISOString() })) };
    },
  );
}
