import { type SQL, sql } from 'drizzle-orm';
import { type ReadScope, resource } from '../../door/index.ts';
import type { Tx } from '../../kernel/index.ts';
import { searchClass, searchDocument, searchPolicy } from '../tables.ts';
import type { Face } from './model.ts';

/**
 * The documents that a scope shows: those of some classes, but for things that own grants or a delegation name; of these
 * the documents are named one by one.
 */
export type Visible = { classes: number[]; apart: number[]; shown: number[] };

const integers = (values: readonly number[]): SQL => sql`${sql.param([...values])}::bigint[]`;
const texts = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;

/** Which face a person sees of a thing: of two that could be shown, the one that tells more. */
const faceShown = (face: SQL, own: SQL, card: SQL): SQL =>
  sql`case ${face} when 'both' then ${own} and ${card} when 'dataset' then ${own} and not ${card} else ${card} and not ${own} end`;

/** The classes whose policy admits, without any grant: the predicate of the scope over what all things of a class share. */
async function classesOf(tx: Tx, scope: ReadScope): Promise<number[]> {
  if (scope.predicate.confinedTo !== undefined) return [];
  const { rows } = await tx.execute<{ id: number }>(sql`
    with admitted as materialized (
      select resource.policy from (
        select id as policy, '' as id, kind, organisation, label_level, label_categories, purposes, agreements,
          '{}'::text[] as origins, needs_agreement, needs_grant from ${searchPolicy}
      ) as ${resource} where ${scope.where}
    )
    select class.id from ${searchClass} as class
    left join admitted as own on own.policy = class.own left join admitted as card on card.policy = class.card
    where ${faceShown(sql`class.face`, sql`(own.policy is not null)`, sql`(card.policy is not null)`)}`);
  return rows.map(({ id }) => id);
}

/** Things for which the class does not tell: those that a delegation names, or whose origins a grant or agreement does. */
function named({ predicate }: ReadScope): SQL | undefined {
  const { confinedTo, reached, granted, grantedUnder, covered } = predicate;
  if (confinedTo !== undefined) return sql`id = any(${texts(confinedTo)})`;
  const origins = [...new Set([...reached, ...granted, ...grantedUnder, ...covered])];
  return origins.length === 0 ? undefined : sql`kind in ('dataset', 'card') and origins && ${texts(origins)}`;
}

type Candidate = { id: number; face: Face; subject: string; card: string | null };

/** The documents of those things: each step looks up ids, so that none reads a table. */
async function apartFor(tx: Tx, which: SQL): Promise<Candidate[]> {
  const { rows: things } = await tx.execute<{ id: string }>(sql`select id from ${resource} where ${which}`);
  const ids = texts(things.map(({ id }) => id));
  const { rows: subjects } = await tx.execute<{ subject: string }>(sql`
    select subject from ${searchDocument} where subject = any(${ids})
    union select subject from ${searchDocument} where card = any(${ids})`);
  const { rows } = await tx.execute<Candidate>(sql`select id, face, subject, card from ${searchDocument}
    where subject = any(${texts(subjects.map(({ subject }) => subject))})`);
  return rows;
}

/** What the scope shows, by the one predicate of the door. Costs the number of classes and of things that grants name. */
export async function visibleTo(tx: Tx, scope: ReadScope): Promise<Visible> {
  const classes = await classesOf(tx, scope);
  const which = named(scope);
  if (which === undefined) return { classes, apart: [], shown: [] };
  const apart = await apartFor(tx, which);
  const governing = texts([
    ...new Set(apart.flatMap(({ subject, card }) => (card === null ? [subject] : [subject, card]))),
  ]);
  const { rows } = await tx.execute<{ id: string }>(
    sql`select ${resource.id} as id from ${resource} where ${resource.id} = any(${governing}) and ${scope.where}`,
  );
  const admitted = new Set(rows.map(({ id }) => id));
  const isShown = ({ face, subject, card }: Candidate): boolean => {
    const [own, told] = [admitted.has(subject), card !== null && admitted.has(card)];
    if (face === 'both') return own && told;
    return face === 'dataset' ? own && !told : told && !own;
  };
  return {
    classes,
    apart: apart.map(({ id }) => id),
    shown: apart.filter(isShown).map(({ id }) => id),
  };
}

/**
 * Over the columns of `search_document`: true exactly for what the scope shows. `beside`: other conditions lead to the
 * documents, and the class of each is looked at; an index of half a million documents of some classes would be read for nothing.
 */
export function shows({ classes, apart, shown }: Visible, { beside = false } = {}): SQL {
  const ofIt = beside ? sql`(${searchDocument.class} + 0)` : sql`${searchDocument.class}`;
  const others = apart.length === 0 ? sql`true` : sql`${searchDocument.id} <> all(${integers(apart)})`;
  const own = shown.length === 0 ? sql`false` : sql`${searchDocument.id} = any(${integers(shown)})`;
  return sql`((${ofIt} = any(${sql.param(classes)}::integer[]) and ${others}) or ${own})`;
}
