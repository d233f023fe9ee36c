import type { ModelInput, ModelOutput } from '@genesis/contracts';
import type { ResourceFacts } from '../../policy/index.ts';
import { describeLabel } from '../../policy/index.ts';
import type { RegisteredRow } from '../registry/rows.ts';

const inUnit = (unit: string | null | undefined): string => (unit == null ? '' : ` in ${unit}`);

const formatOf = ({ name, kind, unit, categories }: ModelInput): string =>
  kind === 'category'
    ? `${name}: one of ${categories?.length ?? 0} categories`
    : `${name}: ${kind}${inUnit(unit)}`;

const outputFormat = ({ name, unit, categories }: ModelOutput): string =>
  categories === undefined ? `${name}: number${inUnit(unit)}` : `${name}: one of ${categories.join(', ')}`;

/** What the range of the training data says about use, as sentences. */
const rangesOf = (inputs: readonly ModelInput[]): string[] =>
  inputs.flatMap(({ name, minimum, maximum, unit }) =>
    minimum === undefined || maximum === undefined
      ? []
      : [
          `In the training data ${name} was from ${minimum} to ${maximum}${inUnit(unit)}; nothing was measured beyond.`,
        ],
  );

/**
 * The `modelCard` of CycloneDX 1.6, which the library has no class for: measured figures with their intervals, data by
 * reference to their components, and what is known of the limits. Nothing is claimed that was not measured.
 *
 * @param dataRefs `bom-ref` of the component of each dataset
 */
export function cyclonedxModelCard(row: RegisteredRow, facts: ResourceFacts, dataRefs: readonly string[]) {
  const { description, metrics } = row;
  const { task, inputs, outputs } = description;
  return {
    modelParameters: {
      approach: { type: 'supervised' },
      task,
      ...(dataRefs.length === 0 ? {} : { datasets: dataRefs.map((ref) => ({ ref })) }),
      inputs: inputs.map((input) => ({ format: formatOf(input) })),
      outputs: outputs.map((output) => ({ format: outputFormat(output) })),
    },
    quantitativeAnalysis: {
      performanceMetrics: metrics.map(({ name, value, on, n, unit, low, high }) => ({
        type: unit == null ? name : `${name} (${unit})`,
        value: String(value),
        slice: `${on} (n = ${n})`,
        ...(low === undefined || high === undefined
          ? {}
          : { confidenceInterval: { lowerBound: String(low), upperBound: String(high) } }),
      })),
    },
    considerations: {
      useCases: facts.conditions.purposes.map((purpose) => `The data allow the purpose ${purpose}.`),
      technicalLimitations: [
        `Whoever uses it must be cleared for: ${describeLabel(facts.label)}.`,
        ...rangesOf(inputs),
      ],
    },
  };
}
