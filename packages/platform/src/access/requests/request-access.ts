import { GenesisError, impliedPurposes, invalidField } from '@genesis/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { resource, type WriteTx } from '../../door/index.ts';
import type { Idempotency } from '../../kernel/index.ts';
import { agreementsKnown, type PrincipalFacts, platformOrganisation } from '../../policy/index.ts';
import type { NewRequest, Terms } from '../model.ts';
import type { AccessParts } from '../parts.ts';
import { accessRequest } from '../tables.ts';
import { assertCovers, type Wanted } from './covers.ts';
import { checkAnswers, type Form, formOf } from './forms.ts';
import { tell } from './notices.ts';

/** Days after which a request that nobody has decided lapses. */
const patienceDays = 60;
export const dayMs = 86_400_000;

/**
 * What decides whether somebody may ask for a dataset: its card, where there is one that they may read, else the dataset
 * itself. Reading the card is enough: whether the dataset is visible does not matter.
 */
async function governingOf(
  { door, database }: Pick<AccessParts, 'door' | 'database'>,
  principal: PrincipalFacts,
  dataset: string,
): Promise<{ id: string; known: boolean; organisation: string }> {
  const cards = await database.orm
    .select({ id: resource.id })
    .from(resource)
    .where(and(eq(resource.kind, 'card'), eq(resource.origins, [dataset])))
    .limit(1);
  // As many looks for what does not exist as for what is hidden: the time tells nothing.
  for (const id of [cards[0]?.id ?? dataset, dataset]) {
    const foreseen = await door.foresee({
      ...{ principal, action: 'access.request', resource: id, purpose: null },
    });
    if (foreseen !== undefined)
      return {
        ...{ id, known: true },
        organisation: foreseen.request.resource.organisation ?? platformOrganisation,
      };
  }
  return { id: dataset, known: false, organisation: '' };
}

/** For whom a request is: people of one's own organisation, a project that one belongs to, or one's organisation. */
async function holdersOf(
  { directory, projectsOf }: AccessParts,
  tx: WriteTx,
  principal: PrincipalFacts,
  { people, project, organisation }: NewRequest,
): Promise<string[]> {
  if (project !== undefined) {
    const { rows } = await tx.execute(sql`select 1 where ${project} in (${projectsOf(principal.id)})`);
    if (rows.length === 0) throw invalidField('project', 'you are a member of no project with this id');
    return [project];
  }
  if (organisation !== undefined) {
    if (organisation !== principal.organisation)
      throw invalidField('organisation', `ask for your own organisation, ${principal.organisation}`);
    return [organisation];
  }
  for (const [i, person] of (people ?? []).entries())
    if ((await directory.load(person))?.organisation !== principal.organisation)
      throw invalidField(`people.${i}`, 'nobody of your organisation has this id');
  return people === undefined || people.length === 0 ? [principal.id] : people;
}

/** The agreement to rest on: the one that was named, or the only one in force that covers the wish. */
function agreementFor(
  principal: PrincipalFacts,
  { dataset, purposes, agreement }: NewRequest,
  at: number,
): string | null {
  if (agreement !== undefined) {
    if (!agreementsKnown(principal, at).includes(agreement))
      throw invalidField('agreement', 'there is no agreement with this id that you may see');
    return agreement;
  }
  const fitting = (principal.agreements ?? []).filter(
    (held) => held.datasets.includes(dataset) && purposes.every((one) => held.purposes.includes(one)),
  );
  return fitting.length === 1 ? fitting[0]!.id : null;
}

/** The organisation that has to approve besides the owner: by the form, else by the agreement. */
export function secondPartyOf(
  form: Pick<Form, 'secondParty'>,
  terms: Pick<Terms, 'parties' | 'secondParty'> | null,
  owner: string,
  asker: string,
): string | null {
  if (form.secondParty !== null) return form.secondParty;
  if (terms?.secondParty !== true) return null;
  const others = terms.parties.map(({ organisation }) => organisation).filter((one) => one !== owner);
  return others.includes(asker) ? asker : (others[0] ?? null);
}

/**
 * Asks for access. The stewards of the owner, and of the second party where one is demanded, are told. What the principal
 * may not know of is `not-found`, as if it did not exist.
 */
export async function requestAccess(
  parts: AccessParts,
  principal: PrincipalFacts,
  wanted: NewRequest,
  idempotency?: Idempotency,
): Promise<{ id: string; state: string; organisation: string }> {
  const { door, clock, ids } = parts;
  const governing = await governingOf(parts, principal, wanted.dataset);
  const { dataset, days, reason } = wanted;
  const purposes = impliedPurposes(wanted.purposes);
  const { result } = await door.perform(
    { principal, action: 'access.request', resource: governing.id, purpose: null, idempotency },
    async (tx, facts) => {
      const at = clock.now().getTime();
      const organisation = facts.organisation ?? platformOrganisation;
      const form = await formOf(tx, organisation, dataset);
      const { answers, acceptedTerms } = checkAnswers(form, wanted);
      const holders = await holdersOf(parts, tx, principal, wanted);
      const agreement = agreementFor(principal, wanted, at);
      const asked: Wanted = { dataset, organisation, purposes, holders };
      const terms = agreement === null ? null : (await assertCovers(parts, tx, agreement, asked, at)).terms;
      const secondParty = secondPartyOf(form, terms, organisation, principal.organisation);
      const id = ids.next('request');
      const lapsesAt = at + patienceDays * dayMs;
      await tx.insert(accessRequest).values({
        ...{ id, dataset, organisation, requestedBy: principal.id, purposes, holders, days, reason },
        ...{ agreement, answers, acceptedTerms, secondParty },
        ...{ state: 'asked', requestedAt: at, lapsesAt },
      });
      const text = `Access to ${dataset} is asked for (${purposes.join(', ')}, ${days} days): genesis access decide ${id}`;
      const recipients = new Set([organisation, ...(secondParty === null ? [] : [secondParty])]);
      await tell(
        ...([tx, ids, at] as const),
        [...recipients].map((recipient) => ({ recipient, about: id, text, due: lapsesAt })),
      );
      return {
        result: { id, state: 'asked', organisation },
        details: { request: id, dataset, purposes, holders, days, agreement, acceptedTerms, reason, answers },
      };
    },
  );
  return result;
}

/** The form that whoever asks for a dataset has to fill in. @throws GenesisError `not-found` for what they may not know of */
export async function showForm(
  parts: AccessParts,
  principal: PrincipalFacts,
  dataset: string,
): Promise<Form & { organisation: string }> {
  const { known, organisation } = await governingOf(parts, principal, dataset);
  if (!known)
    throw new GenesisError({
      code: 'not-found',
      message: 'There is nothing here under this id that you may see.',
    });
  const { questions, terms, secondParty } = await formOf(parts.database.orm, organisation, dataset);
  return { questions, terms, secondParty, organisation };
}
