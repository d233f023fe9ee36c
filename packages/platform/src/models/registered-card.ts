import { describeLabel, type ResourceFacts } from '../policy/index.ts';
import { plain, yaml } from './markdown.ts';
import type { RegisteredRow } from './registry/rows.ts';
import type { ModelMetric } from './tables.ts';

const inUnit = (unit: string | null | undefined): string => (unit == null ? '' : ` ${plain(unit)}`);
const number = (value: number): string => String(Number(value.toPrecision(6)));
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);

const intervalOf = ({ low, high }: ModelMetric): string =>
  low === undefined || high === undefined ? 'not computed' : `${number(low)} to ${number(high)}`;

function front({ name, description, metrics }: RegisteredRow, { conditions }: ResourceFacts): string[] {
  const task = `tabular-${description.task}`;
  return [
    '---',
    `pipeline_tag: ${task}`,
    `license: ${yaml(conditions.licences[0] ?? 'other')}`,
    'model-index:',
    `  - name: ${yaml(name)}`,
    '    results:',
    ...metrics.flatMap((metric) => [
      `      - task: { type: ${task} }`,
      `        dataset: { type: ${yaml(metric.on)}, name: ${yaml(metric.on)} }`,
      '        metrics:',
      `          - { type: ${yaml(metric.name)}, value: ${metric.value} }`,
    ]),
    '---',
  ];
}

function inputsOf({ description }: RegisteredRow): string[] {
  const shown = description.inputs.slice(0, 200);
  const rows = shown.map(({ name, kind, unit, minimum, maximum, categories }) => [
    plain(name),
    kind,
    unit == null ? '' : plain(unit),
    kind === 'category'
      ? (categories ?? []).slice(0, 20).map(plain).join(', ')
      : minimum === undefined || maximum === undefined
        ? ''
        : `${number(minimum)} to ${number(maximum)}`,
  ]);
  const left = description.inputs.length - shown.length;
  return [
    ...table(['input', 'kind', 'unit', 'in the training data'], rows),
    ...(left === 0 ? [] : ['', `And ${left} more, in \`model/model.json\`.`]),
  ];
}

/**
 * The card of a registered version in the form of the Hugging Face Hub. Every number in it was measured by the run or is a hash;
 * every name is escaped.
 */
export function registeredCard(row: RegisteredRow, facts: ResourceFacts): string {
  const { origin, description, metrics } = row;
  const { licences, purposes, agreements } = facts.conditions;
  const outputs = description.outputs.map(({ name, unit }) => `**${plain(name)}**${inUnit(unit)}`).join(', ');
  return [
    ...front(row, facts),
    `# ${plain(row.name)}, version ${row.version}`,
    '',
    `A ${description.task} of ${outputs} from ${description.inputs.length} inputs, trained by run ${row.run}.`,
    '',
    '## Figures',
    '',
    ...(metrics.length === 0
      ? ['The run measured none.']
      : table(
          ['figure', 'value', 'interval', 'on', 'n'],
          metrics.map((metric) => [
            plain(metric.name),
            `${number(metric.value)}${inUnit(metric.unit)}`,
            intervalOf(metric),
            plain(metric.on),
            String(metric.n),
          ]),
        )),
    '',
    '## Inputs',
    '',
    ...inputsOf(row),
    '',
    'Nothing was measured beyond the ranges of the training data.',
    '',
    '## Where it comes from',
    '',
    ...(origin.data.length === 0
      ? ['- Data: none was given by the platform']
      : origin.data.map(
          ({ name, version, sha256 }) => `- Data: ${plain(name)}, version ${version}, SHA-256 \`${sha256}\``,
        )),
    `- Code: ${plain(origin.capability.name)} ${plain(origin.capability.version)}, \`${origin.capability.digest}\``,
    `- Environment: \`${origin.environmentHash}\``,
    `- Seeds: ${origin.seeds.slice(0, 50).map(plain).join(', ') || 'none stated'}`,
    '',
    '## Who may use it, and for what',
    '',
    `- Label: ${describeLabel(facts.label)}`,
    `- Purposes: ${purposes.join(', ') || 'none'}`,
    `- Licences of the sources: ${licences.map(plain).join(', ') || 'none stated'}`,
    `- Agreements: ${agreements.map(plain).join(', ') || 'none'}`,
    '',
    ...table(
      ['file', 'format', 'bytes', 'SHA-256'],
      row.files.map(({ path, format, bytes, sha256 }) => [
        plain(path),
        format,
        String(bytes),
        `\`${sha256}\``,
      ]),
    ),
    '',
  ].join('\n');
}
