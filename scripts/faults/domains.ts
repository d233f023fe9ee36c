// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source code.
import { edit, type Fault, tests } from './fault.ts';

/** Faults of the catalog, runs, campaigns and models. */
export const domainFaults: readonly Fault[] = [
  // The catalog.
  {
    name: 'the list of datasets is not filtered',
    suite: 'people',
    only: tests.sweep,
    quick: true,
    edits: [edit('catalog/store.ts', '.where(and(scope.where, beyond))', '.where(beyond)')],
  },
  {
    name: 'imports are shown to everybody',
    suite: 'people',
    only: tests.sweep,
    edits: [
      edit(
        'catalog/jobs.ts',
        'and(eq(catalogJob.id, id), eq(catalogJob.submittedBy, principal.id))',
        'eq(catalogJob.id, id)',
      ),
    ],
  },
  {
    name: 'imports are shown under a token without clearance',
    suite: 'people',
    only: tests.sweep,
    edits: [
      edit(
        'catalog/jobs.ts',
        '|| !dominates(principal.clearance, await labelOf(parts, principal, row))',
        '|| !dominates(await labelOf(parts, principal, row), principal.clearance)',
      ),
    ],
  },
  {
    name: 'statistics and preview of all rows instead of the explored ones',
    suite: 'people',
    only: tests.statistics,
    edits: [
      edit('catalog/work.ts', 'describe: wanted.split === undefined,', 'describe: true,'),
      edit(
        'catalog/work.ts',
        'description: cut.cut.explore.description,',
        'description: description ?? cut.cut.explore.description,',
      ),
    ],
  },
  {
    name: 'the whole table is kept as the explore part',
    suite: 'people',
    only: tests.rest,
    edits: [
      edit(
        'catalog/work.ts',
        'visible: cut.explore };',
        'visible: await parts.blobs.put(createReadStream(parquetFile), { labelKey }) };',
      ),
    ],
  },
  // Runs.
  {
    name: 'the list of runs is not filtered',
    suite: 'people',
    only: tests.sweep,
    edits: [edit('runs/store.ts', '        scope.where,\n        governedBy', '        governedBy')],
  },
  {
    name: 'a cursor skips the scope',
    suite: 'people',
    only: tests.sweep,
    edits: [
      edit(
        'runs/store.ts',
        '        scope.where,\n        governedBy',
        '        before === undefined ? scope.where : sql`true`,\n        governedBy',
      ),
    ],
  },
  {
    name: 'logs are read without a scope',
    suite: 'people',
    only: tests.sweep,
    edits: [
      edit(
        'runs/store.ts',
        '.where(and(eq(run.id, id), scope.where));\n  if (found',
        '.where(eq(run.id, id));\n  if (found',
      ),
      edit('runs/store.ts', '        eq(run.id, id),\n        scope.where,\n', '        eq(run.id, id),\n'),
      edit(
        'runs/routes.ts',
        "await door.use(principal, reading, row.governedBy, purpose, { run: row.id, for: 'log' });",
        'if (reading === undefined) return;',
      ),
    ],
  },
  {
    name: 'the list of capabilities is not filtered',
    suite: 'people',
    only: tests.sweep,
    edits: [edit('runs/registry.ts', '    .where(scope.where)\n', '')],
  },
  // Campaigns and models.
  {
    name: 'the campaigns of a challenge are not filtered',
    suite: 'people',
    only: tests.sweep,
    edits: [
      edit(
        'campaigns/store.ts',
        "and(scope.where, sql`(${campaign.plan} ->> 'challenge')::int = ${challenge}`)",
        "sql`(${campaign.plan} ->> 'challenge')::int = ${challenge}`",
      ),
    ],
  },
  {
    name: 'the list of campaigns is not filtered',
    suite: 'people',
    only: tests.sweep,
    edits: [edit('campaigns/store.ts', '.where(and(scope.where, after))', '.where(after)')],
  },
  {
    name: 'the list of models is not filtered',
    suite: 'people',
    only: tests.sweep,
    edits: [edit('models/models.ts', '        .where(scope.where)\n', '')],
  },
  {
    name: 'models do not get the label of what they learnt from',
    suite: 'people',
    only: tests.sweep,
    edits: [
      edit(
        'campaigns/train.ts',
        '      facts,\n      sources: [job.campaign],',
        "      facts: { ...facts, label: { level: 'public', categories: [] } },\n      sources: [],",
      ),
    ],
  },
  {
    name: 'a crate leaves for any destination',
    suite: 'people',
    only: tests.crates,
    edits: [
      edit(
        'campaigns/crate/export-crate.ts',
        'destinationClearance: wanted.destination }',
        'destinationClearance: facts.label }',
      ),
      // The door is asked a second time about the rows of the table.
      edit(
        'campaigns/crate/content-parts.ts',
        'destinationClearance: destination }',
        'destinationClearance: facts.label }',
      ),
    ],
  },
  {
    name: 'a crate holds the sealed rows',
    suite: 'people',
    only: tests.crates,
    edits: [
      edit(
        'campaigns/crate/export-crate.ts',
        '(wanted.includeSealedRows ? [] : sealedClaims).map',
        '(wanted.includeSealedRows ? sealedClaims : []).map',
      ),
    ],
  },
  {
    name: 'the rows of a verdict are kept in the clear',
    suite: 'people',
    only: tests.rest,
    edits: [
      edit(
        'campaigns/hypotheses/evaluation-rows.ts',
        "claim.source.kind === 'split'",
        "claim.source.kind === 'split' && blobs === undefined",
      ),
    ],
  },
];
