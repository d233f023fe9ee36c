/** What holds of labels, cards and what is found by them at every moment. */
import type { Read } from '../crash-compute/database.ts';

const rules: readonly { what: string; sql: string }[] = [
  {
    what: 'a version or split has another label or other purposes than its dataset',
    sql: `select part.id from resource as part join resource as whole on whole.id = part.origins[1] and whole.kind = 'dataset'
      where part.kind in ('version', 'split') and (part.label_level, part.label_categories, part.purposes)
        is distinct from (whole.label_level, whole.label_categories, whole.purposes)`,
  },
  {
    what: 'something derived has a lower label than its dataset',
    sql: `select part.id from resource as part join resource as whole on whole.id = any(part.origins) and whole.kind = 'dataset'
      where part.kind not in ('dataset', 'card') and (part.label_level < whole.label_level or not part.label_categories @> whole.label_categories)`,
  },
  {
    what: 'a document is found by another label than the thing has',
    sql: `select search_document.subject || ' ' || search_document.face as id from search_document
      join search_class on search_class.id = class join search_policy as policy on policy.id = own
      join resource on resource.id = subject
      where (policy.label_level, policy.label_categories, policy.purposes, policy.agreements, policy.needs_agreement, policy.needs_grant)
        is distinct from (resource.label_level, resource.label_categories, resource.purposes, resource.agreements,
          resource.needs_agreement, resource.needs_grant)
        or (search_document.face <> 'card' and not facets @> array(select id from search_value where facet = 'level'
          and value = (array['public', 'internal', 'controlled', 'classified'])[resource.label_level + 1]))`,
  },
  {
    what: 'a document is found by another label than its card has',
    sql: `select search_document.subject as id from search_document
      join search_class on search_class.id = class join search_policy as policy on policy.id = search_class.card
      join resource on resource.id = search_document.card
      where (policy.label_level, policy.label_categories) is distinct from (resource.label_level, resource.label_categories)`,
  },
  {
    what: 'a dataset with a card has not its three documents',
    sql: `select card.dataset as id from card where (select count(*) from search_document where subject = card.dataset) <> 3`,
  },
  {
    what: 'a document shows another card than the newest',
    sql: `select subject as id from search_document join card on card.id = search_document.card
      join card_version on card_version.card = card.id and card_version.number = card.number
      where face = 'card' and name <> fields->'discoverability'->'identification'->>'name'`,
  },
  {
    what: 'a card is not bound by what it says',
    sql: `select card.id from card join card_version on card_version.card = card.id and card_version.number = card.number
      join resource on resource.id = card.dataset
      where not exists (select 1 from release where release.resource = card.dataset and state = 'released'
          and decided_at >= card_version.created_at)
        and resource.label_level < array_position(array['public', 'internal', 'controlled', 'classified'],
          governance->'label'->>'level') - 1`,
  },
  {
    what: 'a card without all of its versions',
    sql: `select card.id from card where array(select number from card_version where card = card.id order by number)
      <> array(select generate_series(1, card.number))`,
  },
  {
    what: 'a version of a card without its one entry',
    sql: `select card_version.card || ' ' || number as id from card_version where number > 1 and
      (select count(*) from ledger_entry join ledger_detail on entry = ledger_entry.id where action = 'card.replace' and effect = 'allow'
        and details->>'card' = card_version.card and (details->>'number')::int = number and details->>'sha256' = card_version.sha256) <> 1`,
  },
  {
    what: 'a release without its entries',
    sql: `select release.id from release where (select count(*) from ledger_entry join ledger_detail on entry = ledger_entry.id
      where action in ('release.ask', 'release.decide') and effect = 'allow' and details->>'release' = release.id)
      <> case state when 'asked' then 1 else 2 end`,
  },
  {
    what: 'a count of what is found is not what is there',
    sql: `select coalesce(told.class, there.class) || '/' || coalesce(told.value, there.value) as id from
      (select class, value, sum(documents) as number from search_count group by 1, 2 having sum(documents) <> 0) as told
      full join (select class, value, count(*) as number from search_document, unnest(facets || 0) as value group by 1, 2) as there
      on there.class = told.class and there.value = told.value where told.number is distinct from there.number`,
  },
];

/** What is looked at, in one statement: rows of `broken`, each beginning with the words of its rule. */
export const labelRules = {
  words: rules.map(({ what }) => what),
  sql: rules
    .map(({ what, sql }) => `select '${what}: ' || broken.id as broken from (${sql}) as broken`)
    .join('\nunion all\n'),
};

/** Everything that does not hold now, of one snapshot. */
export const brokenLabels = async (read: Read): Promise<string[]> =>
  (await read<{ broken: string }>(labelRules.sql)).map(({ broken }) => broken);

/** Acknowledged changes of labels, by their reasons, that are not in the ledger exactly once. */
export async function lostChanges(
  read: Read,
  dataset: string,
  reasons: readonly string[],
): Promise<string[]> {
  const rows = await read<{ reason: string; times: number }>(
    `select reason, (select count(*)::int from ledger_entry join ledger_detail on entry = ledger_entry.id
       where resource = $1 and effect = 'allow' and details->>'reason' = reason) as times
     from unnest($2::text[]) as reason`,
    [dataset, reasons],
  );
  return rows
    .filter(({ times }) => times !== 1)
    .map(({ reason, times }) => `acknowledged, and in the ledger ${times} times: ${reason}`);
}
