import { describeLabel, type ResourceFacts } from '../policy/index.ts';
import { plain, yaml } from './markdown.ts';
import { registeredCard } from './registered-card.ts';
import type { ModelRow, SurrogateRow } from './registry/rows.ts';

/** The card of a version, of whichever kind. */
export const cardOf = (row: ModelRow, facts: ResourceFacts): string =>
  row.kind === 'surrogate' ? modelCard(row, facts) : registeredCard(row, facts);

/** The model card in the form of the Hugging Face Hub: front matter and Markdown, with measured figures only. */
export function modelCard(row: SurrogateRow, facts: ResourceFacts): string {
  const { trainedOn, metrics } = row;
  const { licences, purposes, agreements } = facts.conditions;
  const measuredIn = trainedOn.unit === null ? '' : ` (${plain(trainedOn.unit)})`;
  const front = [
    '---',
    'library_name: genesis-explorer',
    'pipeline_tag: tabular-regression',
    `license: ${yaml(licences[0] ?? 'other')}`,
    'tags:',
    '  - gaussian-process',
    'model-index:',
    `  - name: ${yaml(row.name)}`,
    '    results:',
    ...metrics.flatMap((metric) => [
      '      - task: { type: tabular-regression }',
      `        dataset: { type: ${yaml(metric.on)}, name: ${yaml(metric.on)} }`,
      '        metrics:',
      `          - { type: ${yaml(metric.name)}, value: ${metric.value} }`,
    ]),
    '---',
  ];
  const body = [
    `# ${plain(row.name)}`,
    '',
    `A Gaussian-process surrogate of **${plain(trainedOn.objective)}**${measuredIn}, trained on the ${trainedOn.experiments} experiments of campaign ${row.campaign}: ${trainedOn.measured} measured, ${trainedOn.failed} failed, ${trainedOn.censored} censored.`,
    '',
    '## Figures',
    '',
    '| figure | value | on | n |',
    '| --- | --- | --- | --- |',
    ...metrics.map(
      ({ name, value, on, n }) => `| ${plain(name)} | ${value.toPrecision(6)} | ${plain(on)} | ${n} |`,
    ),
    '',
    'Figures on the training data say nothing about new designs: for those, see the verdicts of the campaign.',
    '',
    '## Who may use it, and for what',
    '',
    `- Label: ${describeLabel(facts.label)}`,
    `- Purposes: ${purposes.join(', ') || 'none'}`,
    `- Licences of the sources: ${licences.map(plain).join(', ') || 'none stated'}`,
    `- Agreements: ${agreements.map(plain).join(', ') || 'none'}`,
    '',
    `Artifact: \`${row.artifactHash}\` (SHA-256); run: ${row.run}.`,
    '',
  ];
  return [...front, ...body].join('\n');
}
