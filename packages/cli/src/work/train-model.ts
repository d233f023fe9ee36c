import { dataOf, type GenesisClient } from '@genesis/client';
import { StepError } from '../failure.ts';
import { until } from './wait.ts';

/** Trains a model on everything that a campaign recorded, and returns it once it is registered. */
export async function trainModel(client: GenesisClient, campaign: string, name: string, signal: AbortSignal) {
  const path = { id: campaign };
  const { run } = dataOf(
    await client.api.POST('/v1/campaigns/{id}/models', { params: { path }, body: { name }, signal }),
  );
  const deadline = Date.now() + 600_000;
  return await until(async () => {
    const { items } = dataOf(
      await client.api.GET('/v1/models', { params: { query: { limit: 50 } }, signal }),
    );
    const found = items.find((model) => model.run === run);
    if (found === undefined && Date.now() > deadline) {
      throw new StepError(`The training run ${run} gave no model within ten minutes.`);
    }
    return found;
  }, signal);
}
