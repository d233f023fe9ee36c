/** What holds of agreements, requests, grants and notices at every moment: the state says what the ledger says, each thing once. */
import type { Read } from '../crash-compute/database.ts';

const entries = `entries as (
  select ledger_entry.id, actor, action, resource, details
  from ledger_entry join ledger_detail on entry = ledger_entry.id where effect = 'allow')`;

/** Rows that something is missing from, or that are there more than once, in state or ledger. */
const rules: readonly { what: string; sql: string }[] = [
  {
    what: 'request without its one entry',
    sql: `select coalesce(access_request.id, told.id) as id from access_request full join
      (select details->>'request' as id, count(*) as times from entries where action = 'access.request' group by 1) as told
      on told.id = access_request.id where access_request.id is null or times is distinct from 1`,
  },
  {
    what: 'decision without its one entry',
    sql: `select coalesce(request, told.id) || ' by ' || coalesce(principal, actor) as id from access_decision full join
      (select details->>'request' as id, actor, count(*) as times from entries where action = 'access.decide' group by 1, 2) as told
      on told.id = request and actor = principal where request is null or times is distinct from 1`,
  },
  {
    what: 'request in another state than its decisions make it',
    sql: `select access_request.id || ' ' || state as id from access_request left join
      (select request, bool_and(approves) as approved from access_decision group by 1) as said on said.request = access_request.id
      where state <> case when approved is null then 'asked' when approved then 'granted' else 'refused' end`,
  },
  {
    what: 'grant without its approved request, or the other way round',
    sql: `select coalesce(access_grant.id, asked.id) as id from access_grant full join
      (select id from access_request where state = 'granted') as asked on asked.id = request
      where access_grant.id is null or asked.id is null`,
  },
  {
    what: 'grant without its one entry',
    sql: `select coalesce(access_grant.id, told.id) as id from access_grant full join
      (select details->>'grant' as id, count(*) as times from entries
        where action = 'access.decide' and details->>'state' = 'granted' group by 1) as told
      on told.id = access_grant.id where access_grant.id is null or times is distinct from 1`,
  },
  {
    what: 'grant to others than asked',
    sql: `select access_grant.id from access_grant join access_request on access_request.id = request
      where holders <> array(select holder from grant_holder where grant_id = access_grant.id)`,
  },
  {
    what: 'revocation without its one entry',
    sql: `select coalesce(grants.id, told.id) as id from (select id from access_grant where revoked_at is not null) as grants full join
      (select details->>'grant' as id, count(*) as times from entries where action = 'access.revoke' group by 1) as told
      on told.id = grants.id where grants.id is null or times is distinct from 1`,
  },
  {
    what: 'renewal that the grant does not have',
    sql: `select details->>'grant' as id from entries where action = 'access.renew' and not exists (
      select 1 from access_grant left join agreement on agreement.id = access_grant.agreement
      where access_grant.id = details->>'grant' and expires_at >= least(ends_at,
        (extract(epoch from (details->>'expiresAt')::timestamptz) * 1000)::bigint))`,
  },
  {
    what: 'signature without its one entry',
    sql: `select coalesce(agreement, told.id) || ' ' || coalesce(version, number) || ' ' || coalesce(organisation, party) as id
      from agreement_signature full join
      (select resource as id, (details->>'version')::int as number, actor, party, count(*) as times
        from entries, jsonb_array_elements_text(details->'parties') as party where action = 'agreement.sign' group by 1, 2, 3, 4) as told
      on told.id = agreement and number = version and party = organisation and actor = principal
      where agreement is null or times is distinct from 1`,
  },
  {
    what: 'version without its one entry, or with another text',
    sql: `select coalesce(agreement, told.id) || ' ' || coalesce(number, version) as id from agreement_version full join
      (select resource as id, (details->>'version')::int as version, min(details->>'text') as hash, count(*) as times
        from entries where action in ('agreement.draft', 'agreement.amend') group by 1, 2) as told
      on told.id = agreement and version = number
      where agreement is null or times is distinct from 1 or hash <> agreement_version.text->>'sha256'`,
  },
  {
    what: 'agreement in force in another version than the last that all signed',
    sql: `select id from agreement where in_force is distinct from (select max(number) from agreement_version as version
      where version.agreement = agreement.id and jsonb_array_length(terms->'parties') = (select count(*) from agreement_signature
        where agreement_signature.agreement = agreement.id and agreement_signature.version = version.number))`,
  },
  {
    what: 'version that became in force without one entry of it',
    sql: `select coalesce(agreement, told.id) as id from (select * from agreement_version where in_force_at is not null) as version
      full join (select resource as id, (details->>'version')::int as number, count(*) as times from entries
        where action = 'agreement.sign' and details->>'inForce' = 'true' group by 1, 2) as told
      on told.id = agreement and told.number = version.number where agreement is null or times is distinct from 1`,
  },
  {
    what: 'agreement in another state than its entries make it',
    sql: `select agreement.id || ' ' || state as id from agreement left join
      (select resource, bool_or(action = 'agreement.terminate') as ended, bool_or(action = 'agreement.review') as shown
        from entries group by 1) as told on resource = agreement.id
      where (state = 'terminated') is distinct from ended or (state = 'signed') is distinct from (in_force is not null and not ended)
        or shared is distinct from shown`,
  },
  {
    what: 'grant that outlives its agreement',
    sql: `select access_grant.id from access_grant join agreement on agreement.id = access_grant.agreement
      where revoked_at is null and expires_at > ends_at`,
  },
  {
    what: 'request or decision of which people were not told once',
    sql: `select access_request.id from access_request where (select count(*) from notice where about = access_request.id)
      <> case state when 'asked' then 1 else 2 end`,
  },
  {
    what: 'revocation or renewal of which people were not told once',
    sql: `select access_grant.id from access_grant join grant_holder on grant_id = access_grant.id
      where (select count(*) from notice where about = access_grant.id and recipient = holder
          and (text like '% was revoked: %' or text like '% was renewed until %'))
        <> (select count(*) from entries where action in ('access.revoke', 'access.renew') and details->>'grant' = access_grant.id)`,
  },
  {
    what: 'reminders told and in the ledger',
    sql: `select told || ' and ' || entered as id from
      (select count(*) as told from notice where text like 'Access to % ends at %' or text like 'The agreement % ends at %') as one,
      (select coalesce(sum((details->>'told')::int), 0) as entered from entries where action = 'access.remind') as other
      where told <> entered`,
  },
  {
    what: 'answer that is kept for a key without its entry',
    sql: `select key as id from idempotent_responses where idempotent_responses.body ? 'entry'
      and not exists (select 1 from ledger_entry where ledger_entry.id = idempotent_responses.body->>'entry')`,
  },
];

/** What is looked at, in one statement: rows of `broken`, each beginning with the words of its rule. */
export const grantRules = {
  words: rules.map(({ what }) => what),
  sql: `with ${entries} ${rules
    .map(({ what, sql }) => `select '${what}: ' || broken.id as broken from (${sql}) as broken`)
    .join('\nunion all\n')}`,
};

/** Everything that does not hold now, of one snapshot. */
export const brokenRules = async (read: Read): Promise<string[]> =>
  (await read<{ broken: string }>(grantRules.sql)).map(({ broken }) => broken);

/** A write that was acknowledged, as the ledger has to tell it: exactly one entry of this person, with these details. */
export type Acknowledged = { actor: string; action: string; resource?: string; details: object };

const ackSql = `select count(*)::int as times from ledger_entry join ledger_detail on entry = id
  where effect = 'allow' and actor = $1 and action = $2 and ($3::text is null or resource = $3) and details @> $4::jsonb`;

export async function lostWrites(read: Read, writes: readonly Acknowledged[]): Promise<string[]> {
  const broken: string[] = [];
  for (const { actor, action, resource = null, details } of writes) {
    const [row] = await read<{ times: number }>(ackSql, [actor, action, resource, JSON.stringify(details)]);
    if (row?.times !== 1)
      broken.push(
        `acknowledged, and in the ledger ${row?.times} times: ${action} ${JSON.stringify(details)}`,
      );
  }
  return broken;
}

/** Ends within the time for reminders that their people were not told of once. */
export const untold = async (read: Read): Promise<string[]> =>
  (
    await read<{ id: string }>(
      `select access_grant.id || ' to ' || holder as id from access_grant join grant_holder on grant_id = access_grant.id
       where revoked_at is null and expires_at > $1::bigint and expires_at <= $1::bigint + 14 * 86400000::bigint
         and (select count(*) from notice where about = access_grant.id and recipient = holder and due = expires_at) <> 1
       union all
       select agreement.id || ' to ' || subject from agreement join agreement_link on agreement_link.agreement = agreement.id
         and version = in_force and role = 'party'
       where state in ('signed', 'suspended') and ends_at > $1::bigint and ends_at <= $1::bigint + 30 * 86400000::bigint
         and (select count(*) from notice where about = agreement.id and recipient = subject and due = ends_at) <> 1`,
      [Date.now()],
    )
  ).map(({ id }) => `not told once of its end: ${id}`);
