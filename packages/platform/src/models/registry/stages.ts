import { GenesisError, type ModelStage, modelStages } from '@genesis/contracts';
import { count, eq } from 'drizzle-orm';
import type { WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import type { PrincipalFacts } from '../../policy/index.ts';
import { model, modelMove, type Proposal } from '../tables.ts';
import type { RegistryParts } from './parts.ts';
import { stageOf } from './rows.ts';

type Parts = Pick<RegistryParts, 'door' | 'clock'>;
export type StageNow = { stage: ModelStage; proposal: Proposal | null };

const conflict = (message: string): GenesisError => new GenesisError({ code: 'conflict', message });

async function locked(tx: WriteTx, id: string) {
  const [row] = await tx.select().from(model).where(eq(model.id, id)).for('update');
  if (row === undefined) throw new GenesisError({ code: 'not-found', message: `There is no model ${id}.` });
  return row;
}

function assertMove(from: ModelStage, to: ModelStage): void {
  if (modelStages.canMove(from, to)) return;
  const open = modelStages.states.filter((state) => modelStages.canMove(from, state));
  throw conflict(
    `The version is ${from}; it cannot become ${to}. ${open.length === 0 ? 'It stays so for good.' : `It can become ${open.join(' or ')}.`}`,
  );
}

type Move = {
  from: ModelStage;
  to: ModelStage;
  by: string;
  askedBy?: string;
  reason: string;
  entry: string;
  at: number;
};

async function move(tx: WriteTx, id: string, { askedBy, ...made }: Move): Promise<void> {
  const [before] = await tx.select({ moves: count() }).from(modelMove).where(eq(modelMove.model, id));
  await tx
    .insert(modelMove)
    .values({ ...made, model: id, number: (before?.moves ?? 0) + 1, askedBy: askedBy ?? null });
  await tx
    .update(model)
    .set({ stage: made.to, proposal: null, ...(made.to === 'retired' ? { serving: null } : {}) })
    .where(eq(model.id, id));
}

/**
 * Moves a version to another stage. To production it is not moved but proposed: another person of the owner's decides. Any other
 * move withdraws a proposal that waits, and a retired version is not served any more.
 */
export async function moveStage(
  { door, clock }: Parts,
  principal: PrincipalFacts,
  id: string,
  wanted: { to: ModelStage; reason: string },
  idempotency?: Idempotency,
): Promise<StageNow> {
  const { to, reason } = wanted;
  const request = { principal, action: 'model.stage', resource: id, purpose: null, idempotency } as const;
  const { result } = await door.perform<StageNow>(request, async (tx, _facts, entry) => {
    const row = await locked(tx, id);
    const from = stageOf(row);
    assertMove(from, to);
    const at = clock.now().getTime();
    if (to !== 'production') {
      await move(tx, id, { from, to, by: principal.id, reason, entry, at });
      return { result: { stage: to, proposal: null }, details: { from, to, reason } };
    }
    if (row.proposal !== null)
      throw conflict(`It was proposed for production already, by ${row.proposal.by}.`);
    const proposal: Proposal = { by: principal.id, at, reason };
    await tx.update(model).set({ proposal }).where(eq(model.id, id));
    return { result: { stage: from, proposal }, details: { from, proposed: to, reason } };
  });
  return result;
}

/** The second person agrees to what was proposed, or does not. Whoever proposed it is refused by policy (`two-people`). */
export async function decideStage(
  { door, clock }: Parts,
  principal: PrincipalFacts,
  id: string,
  proposal: Proposal | null,
  answer: { agree: boolean; reason: string },
  idempotency?: Idempotency,
): Promise<StageNow> {
  const request = {
    ...({ principal, action: 'model.approve', resource: id, purpose: null, idempotency } as const),
    // Where nothing is proposed there is nobody else, so nobody may decide.
    proposedBy: proposal?.by,
  };
  const { result } = await door.perform<StageNow>(request, async (tx, _facts, entry) => {
    const row = await locked(tx, id);
    const from = stageOf(row);
    const { agree, reason } = answer;
    if (row.proposal === null || row.proposal.at !== proposal?.at || row.proposal.by !== proposal.by)
      throw conflict('The proposal was changed or decided meanwhile: look at the version again.');
    const details = { from, to: 'production', agree, reason, askedBy: row.proposal.by };
    if (!agree) {
      await tx.update(model).set({ proposal: null }).where(eq(model.id, id));
      return { result: { stage: from, proposal: null }, details };
    }
    assertMove(from, 'production');
    const at = clock.now().getTime();
    await move(tx, id, {
      from,
      to: 'production',
      by: principal.id,
      askedBy: row.proposal.by,
      reason,
      entry,
      at,
    });
    return { result: { stage: 'production' as const, proposal: null }, details };
  });
  return result;
}
