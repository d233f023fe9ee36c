import type { ModelStage } from '@genesis/contracts';
import type { model } from '../tables.ts';

type Stored = typeof model.$inferSelect;
type Given<Key extends keyof Stored> = { [K in Key]: NonNullable<Stored[K]> };

/** A model that the platform fitted in a campaign. */
export type SurrogateRow = Stored & { kind: 'surrogate' } & Given<
    'campaign' | 'config' | 'tensors' | 'trainedOn'
  >;
/** A model that a training run left. */
export type RegisteredRow = Stored & { kind: 'registered' } & Given<'description' | 'files' | 'origin'>;
export type ModelRow = SurrogateRow | RegisteredRow;

export const stageOf = (row: Pick<Stored, 'stage'>): ModelStage => row.stage as ModelStage;

/** A stored row as what it is. @throws where the columns of its kind are not there */
export function asModel(row: Stored): ModelRow {
  const { kind, campaign, config, tensors, trainedOn, description, files, origin } = row;
  const whole =
    kind === 'surrogate'
      ? campaign !== null && config !== null && tensors !== null && trainedOn !== null
      : description !== null && files !== null && origin !== null;
  if (!whole) throw new Error(`model ${row.id} lacks columns of a ${kind} one`);
  return row as ModelRow;
}
