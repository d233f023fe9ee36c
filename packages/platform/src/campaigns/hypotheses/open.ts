import { type Action, type Claim, GenesisError } from '@genesis/contracts';
import { canonicalHash, openFamily, parseCheckpoint, parseNote, spend } from '@genesis/evidence';
import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { assertAllowed, delegate, type WriteRequest, type WriteTx } from '../../door/index.ts';
import type { QueueDefinition } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { insertRun } from '../../runs/index.ts';
import { neededBy } from '../instrument.ts';
import type { CampaignParts } from '../parts.ts';
import {
  type CampaignRow,
  findCampaign,
  findHypothesis,
  type HypothesisRow,
  lockCampaign,
  lockHypothesis,
} from '../store.ts';
import { family, hypothesis, opening } from '../tables.ts';
import { belongs } from '../trajectory.ts';
import { assertFrozen } from './frozen.ts';

const payload = z.object({ hypothesis: z.string(), delegation: z.string() });
export type ConfirmJob = z.infer<typeof payload>;
export const confirmQueue: QueueDefinition<ConfirmJob> = { name: 'hypothesis.confirm', payload };

const day = 86_400_000;
const purpose = 'evaluate';

/** What an opening looks at, without looking at it: the sealed rows by their split, fresh ones by their seeds. */
const openedData = (claim: Claim): string =>
  canonicalHash({ source: claim.source, model: claim.kind === 'prediction' ? claim.model : null });

/**
 * Opens a frozen hypothesis: spends its alpha for good and starts the confirming run. Refused when the family has not
 * enough left, when no checkpoint stands between the freeze and now, or when the run could foreseeably not end; all of
 * that before any alpha is spent. An opened one without a verdict goes on with the same evaluation, at no further cost.
 */
export async function openHypothesis(
  parts: CampaignParts,
  principal: PrincipalFacts,
  id: string,
): Promise<HypothesisRow> {
  const { door, clock, ledger } = parts;
  const scope = door.authorize(principal, purpose);
  const before = await findHypothesis(scope, id);
  const plan = await findCampaign(scope, before.campaign);
  await assertAllowed(door, confirming(principal, before, plan));
  await assertMeasurable(parts, principal, before, plan);
  if (before.state === 'opened') {
    await goOn(parts, principal, before);
    return await findHypothesis(door.authorize(principal, purpose), id);
  }
  const { note } = await ledger.checkpoint();
  const { size } = parseCheckpoint(parseNote(note).text);
  parts.crash.reach('hypothesis.checkpointed');
  // Before the write, because it reads by connections of its own; the confirming run asserts it again.
  await assertFrozen(ledger, before, size);
  await door.perform(
    { principal, action: 'hypothesis.open', resource: before.campaign, purpose },
    async (tx, _facts, entry) => {
      const row = await lockHypothesis(tx, id);
      if (row.state !== 'frozen') {
        throw new GenesisError({
          code: 'conflict',
          message: `It is ${row.state}: a hypothesis is opened once.`,
        });
      }
      const locked = await lockCampaign(tx, row.campaign);
      const now = clock.now().getTime();
      const attempt = await spendAlpha(tx, row, now);
      const run = parts.ids.next('run');
      const delegation = await startConfirming(tx, parts, principal, row, locked);
      await insertRun(
        tx,
        {
          id: run,
          governedBy: row.campaign,
          capability: 'confirm',
          input: { hypothesis: id },
          context: {
            configHash: row.claimHash,
            environmentHash: openedData(row.claim),
            runClass: 'analysis',
            dataVersion: row.claim.source.kind === 'split' ? row.claim.source.splitId : row.claimHash,
          },
          submittedBy: principal.id,
          purpose,
          delegation,
          ...belongs(locked),
        },
        now,
      );
      await tx
        .update(hypothesis)
        .set({ state: 'opened', checkpointSize: size, openEntry: entry, run, delegation, openedAt: now })
        .where(eq(hypothesis.id, id));
      const { family: familyId, alpha, source } = row.claim;
      const splitId = source.kind === 'split' ? source.splitId : null;
      return {
        result: undefined,
        details: { kind: 'open', hypothesisId: id, splitId, family: familyId, alpha, attempt },
      };
    },
  );
  parts.crash.reach('hypothesis.opened');
  return await findHypothesis(door.authorize(principal, purpose), id);
}

/** Goes on with a confirming run that has used up its tries, or whose delegation has ended: no second look. */
async function goOn(parts: CampaignParts, principal: PrincipalFacts, before: HypothesisRow): Promise<void> {
  const { id, campaign } = before;
  await parts.door.perform({ principal, action: 'run.execute', resource: campaign, purpose }, async (tx) => {
    const row = await lockHypothesis(tx, id);
    if (row.state !== 'opened') throw new GenesisError({ code: 'conflict', message: `It is ${row.state}.` });
    const delegation = await startConfirming(tx, parts, principal, row, await lockCampaign(tx, campaign));
    await tx.update(hypothesis).set({ delegation }).where(eq(hypothesis.id, id));
    return { result: undefined, details: { run: row.run, hypothesisId: id, delegation } };
  });
}

/** Delegates what the confirming run needs and puts it in the queue. */
async function startConfirming(
  tx: WriteTx,
  parts: CampaignParts,
  principal: PrincipalFacts,
  row: HypothesisRow,
  plan: CampaignRow,
): Promise<string> {
  const delegation = await delegate(tx, parts, principal, {
    purpose,
    actions: [
      'campaign.read',
      'capability.read',
      'dataset.read',
      'run.execute',
      'split.unseal',
      'hypothesis.conclude',
      'model.read',
    ],
    resources: [row.campaign, ...named(row.claim), ...neededBy(plan.instrument)],
    lifetimeMs: day,
  });
  await parts.queue.enqueue(tx, confirmQueue, { hypothesis: row.id, delegation }, { key: row.id });
  return delegation;
}

/** Everything that the confirming run will ask of the door, and the right to start it. */
function confirming(
  principal: PrincipalFacts,
  { claim, campaign }: HypothesisRow,
  { instrument }: CampaignRow,
): WriteRequest[] {
  const ask = (action: Action, resource: string): WriteRequest => ({ principal, action, resource, purpose });
  const { source } = claim;
  return [
    ask('hypothesis.open', campaign),
    ask('campaign.read', campaign),
    ask('run.execute', campaign),
    ask('hypothesis.conclude', campaign),
    ...(claim.kind === 'prediction' ? [ask('model.read', claim.model.id)] : []),
    ...(source.kind === 'split'
      ? [
          ask('dataset.read', source.splitId),
          { ...ask('split.unseal', source.splitId), handler: 'confirm' as const },
        ]
      : neededBy(instrument).map((capability) => ask('capability.read', capability))),
  ];
}

/** Refuses a claim that nothing is left to be tested on. */
async function assertMeasurable(
  parts: CampaignParts,
  principal: PrincipalFacts,
  { claim }: HypothesisRow,
  { instrument }: CampaignRow,
): Promise<void> {
  const { source } = claim;
  if (source.kind !== 'split') {
    if (instrument !== null) return;
    throw new GenesisError({
      code: 'unsupported',
      message: 'The campaign has no instrument that could measure afresh: this claim cannot be opened.',
    });
  }
  const { seal } = await parts.catalog.showSplit(principal, source.splitId, purpose);
  if (seal.retiredAt !== null) {
    throw new GenesisError({
      code: 'sealed',
      message: 'The split is retired: its sealed rows have been exported.',
    });
  }
}

/** What the confirming run reaches beside its campaign: the model of its claim, and its split. */
const named = (claim: Claim): string[] => [
  ...(claim.source.kind === 'split' ? [claim.source.splitId] : []),
  ...(claim.kind === 'prediction' ? [claim.model.id] : []),
];

/** Enters one opening of the family, under its lock, and returns its number. */
async function spendAlpha(tx: WriteTx, row: HypothesisRow, now: number): Promise<number> {
  const [fixed] = await tx.select().from(family).where(eq(family.id, row.family)).for('update');
  if (fixed === undefined) throw new Error(`the family ${row.family} is missing`);
  const earlier = await tx
    .select()
    .from(opening)
    .where(eq(opening.family, row.family))
    .orderBy(asc(opening.attempt));
  const rowsHash = openedData(row.claim);
  const result = spend(
    openFamily(fixed.id),
    earlier.map((one) => ({ ...one, concluded: true })),
    { claim: row.claim, frozenHash: row.claimHash, rowsHash },
  );
  if (result.kind !== 'spent') {
    const message = result.kind === 'refused' ? result.message : 'it was opened before';
    throw result.kind === 'refused' && result.reason === 'exhausted'
      ? new GenesisError({ code: 'exhausted', what: 'alpha', message: `Refused: ${message}.` })
      : new GenesisError({ code: 'conflict', message: `Refused: ${message}.` });
  }
  const attempt = earlier.length + 1;
  await tx.insert(opening).values({
    family: row.family,
    attempt,
    hypothesis: row.id,
    claimHash: row.claimHash,
    alpha: row.claim.alpha,
    rowsHash,
    openedAt: now,
  });
  return attempt;
}
