import { GenesisError } from '@genesis/contracts';
import { asGenesisError } from '../kernel/index.ts';
import { addLine } from './logs.ts';
import { outputsOf } from './outputs.ts';
import type { RunParts } from './parts.ts';
import type { RunRow } from './store.ts';
import type { RunJob } from './submit-run.ts';

/**
 * Hands over the model that a training run left. Why it is refused, where it is, stands at the end of the run's log: the
 * run itself has succeeded. Done again after a crash, it registers once.
 */
export async function registerWhatItTrained(parts: RunParts, job: RunJob, row: RunRow): Promise<void> {
  const { registerModel } = parts;
  const left = outputsOf(row).some(({ path }) => path === 'model/model.json');
  if (registerModel === undefined || !left || row.state !== 'succeeded' || row.purpose !== 'train') return;
  const actor = () => parts.actUnder(job.delegation);
  try {
    await registerModel(await actor(), { run: row.id });
  } catch (error) {
    const known = asGenesisError(error);
    const internal = !(known instanceof GenesisError) || known.failure.code === 'internal';
    if (internal || known.transient) throw error;
    const text = `Not registered as a model: ${known.message}`;
    await addLine(parts.door, { run: row.id, attempt: row.attempts }, actor, 'train', text);
  }
}
