import { actionSchema, decisionSchema, purposeSchema } from '@genesis/contracts';
import { z } from 'zod';
import type { Door } from '../../door/index.ts';
import { principalOf } from '../../identity/index.ts';
import { type App, untilBeat } from '../../kernel/index.ts';
import { explain } from '../../policy/index.ts';

export function policyRoutes(app: App, { door }: { door: Door }): void {
  app.post(
    '/v1/policy/explain',
    {
      schema: {
        tags: ['policy'],
        summary: 'The decision about an act as it would be, before anyone acts; it leaves no trace',
        body: z.strictObject({
          action: actionSchema,
          resource: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, 'expected an id'),
          purpose: purposeSchema.nullable().default(null),
        }),
        response: { 200: z.strictObject({ text: z.string(), decision: decisionSchema.nullable() }) },
      },
    },
    async (request, reply) => {
      const { action, resource, purpose } = request.body;
      const foreseen = await door.foresee({ principal: principalOf(request), action, resource, purpose });
      if (foreseen === undefined) await untilBeat(() => reply.elapsedTime);
      return {
        text: explain(action, resource, foreseen?.request),
        decision: foreseen?.decision ?? null,
      };
    },
  );
}
