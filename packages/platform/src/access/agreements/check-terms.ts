import { type FieldProblem, GenesisError } from '@genesis/contracts';
import { and, eq, inArray } from 'drizzle-orm';
import { factsOf, resource } from '../../door/index.ts';
import type { Tx } from '../../kernel/index.ts';
import { isVisible, type PrincipalFacts } from '../../policy/index.ts';
import type { Terms } from '../model.ts';
import type { AccessParts } from '../parts.ts';

/**
 * Checks that what the terms name is there: representatives and people belong to a party, and so does each dataset, which
 * whoever proposes has to see. What stood in the terms before (`before`) is not asked about again. An unknown id and a
 * hidden one get the same answer.
 *
 * @throws GenesisError `invalid-input`, with every field that is wrong
 */
export async function checkTerms(
  { directory, clock }: Pick<AccessParts, 'directory' | 'clock'>,
  tx: Tx,
  principal: PrincipalFacts,
  { terms, before, owner }: { terms: Terms; before: Terms | null; owner: string },
): Promise<void> {
  const problems: FieldProblem[] = [];
  const parties = terms.parties.map(({ organisation }) => organisation);
  if (!parties.includes(owner))
    problems.push({ field: 'terms.parties', message: `the party that drafted it (${owner}) must stay one` });
  for (const [i, { organisation, representative }] of terms.parties.entries()) {
    const known = await directory.load(representative);
    if (known?.organisation !== organisation || known.kind !== 'person')
      problems.push({
        field: `terms.parties.${i}.representative`,
        message: `no person of the organisation ${organisation} has this id`,
      });
  }
  const earlier = new Set(before?.people);
  for (const [i, person] of terms.people.entries()) {
    if (earlier.has(person)) continue;
    const home = (await directory.load(person))?.organisation;
    if (home === undefined || !parties.includes(home))
      problems.push({ field: `terms.people.${i}`, message: 'nobody of a party has this id' });
  }
  const added = terms.datasets.filter((id) => before?.datasets.includes(id) !== true);
  const rows =
    added.length === 0
      ? []
      : await tx
          .select()
          .from(resource)
          .where(and(inArray(resource.id, added), eq(resource.kind, 'dataset')));
  const at = clock.now().getTime();
  const usable = new Map(
    rows
      .map(factsOf)
      .filter((facts) => facts.organisation !== null && parties.includes(facts.organisation))
      .filter((facts) => isVisible(principal, facts, at))
      .map((facts) => [facts.id, facts]),
  );
  for (const id of added)
    if (!usable.has(id))
      problems.push({
        field: `terms.datasets.${terms.datasets.indexOf(id)}`,
        message: 'no party has a dataset with this id that you may see',
      });
  if (problems.length > 0) {
    const message = problems.map((one) => `${one.field}: ${one.message}`).join('; ');
    throw new GenesisError({ code: 'invalid-input', message, problems });
  }
}
