import { GenesisError } from '@genesis/contracts';
import { asc, eq } from 'drizzle-orm';
import { type Door, platformFacts, platformPrincipal, type ReadScope } from '../door/index.ts';
import { nationalChallenges } from './seed.ts';
import { challenge } from './tables.ts';

export type ChallengeRow = typeof challenge.$inferSelect;

/** Enters the national challenges where they are missing. They are public; their numbers are their names. */
export async function seedChallenges(door: Door, known: number): Promise<void> {
  if (known >= nationalChallenges.length) return;
  await door.perform(
    {
      principal: platformPrincipal,
      action: 'challenge.define',
      resource: { about: platformFacts },
      purpose: null,
    },
    async (tx) => {
      await tx
        .insert(challenge)
        .values([...nationalChallenges])
        .onConflictDoNothing();
      return { result: undefined, details: { challenges: nationalChallenges.length } };
    },
  );
}

/** Challenges are public: every scope shows all of them. */
export async function listChallenges(scope: ReadScope): Promise<ChallengeRow[]> {
  return await scope.orm.select().from(challenge).orderBy(asc(challenge.number));
}

export async function findChallenge(scope: ReadScope, number: number): Promise<ChallengeRow> {
  const [row] = await scope.orm.select().from(challenge).where(eq(challenge.number, number));
  if (row === undefined)
    throw new GenesisError({ code: 'not-found', message: `There is no challenge ${number}.` });
  return row;
}
