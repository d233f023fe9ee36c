import { dataOf } from '@genesis/client';
import { type Action, actions, type Purpose, purposes } from '@genesis/contracts';
import type { Command } from 'commander';
import { declare, group, oneOf, type Registry } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { plainLines } from '../terminal/plain.ts';

export function policyCommands(registry: Registry, program: Command): void {
  const policy = group(program, 'policy', 'Decisions');
  declare<[Action, string], { purpose?: Purpose }>(registry, policy, 'explain <action> <resource>', {
    summary:
      'What would be decided if you did this, by which rules, and what would be needed; nothing happens',
    details: `Actions: ${actions.join(', ')}.`,
    options: (command) => command.option('--purpose <purpose>', purposes.join(', '), oneOf(purposes)),
    examples: [
      'genesis policy explain dataset.read dst_01jd8x3k2v9q7r5t1w4y6z8abc --purpose train',
      'genesis policy explain campaign.export cmp_01jd8x3k2v9q7r5t1w4y6z8abc --purpose publish',
    ],
    act: async (call, { purpose }, action, resource) => {
      const { api } = await call.client();
      const body = { action: oneOf(actions)(action), resource, purpose: purpose ?? null };
      const found = dataOf(await api.POST('/v1/policy/explain', { body, signal: call.signal }));
      const allowed = found.decision !== null && found.decision.effect !== 'deny';
      return {
        text: plainLines(found.text),
        json: { ...found },
        exitCode: allowed ? exitCodes.ok : exitCodes.denied,
      };
    },
  });
}
