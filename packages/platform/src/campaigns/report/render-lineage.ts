import { type Lineage, type LineageNode, lineageChart } from './charts/lineage.ts';
import { html, type Markup } from './markup.ts';
import type { CampaignReport, HypothesisReport } from './model.ts';
import { counted, listed } from './text.ts';
import { standingOf } from './words.ts';

/** More boxes than this in one layer are counted instead of drawn. */
const mostInLayer = 8;
const sourceWords = { capability: 'Instrument', table: 'Table', people: 'People' } as const;

/** Where everything came from: source, experiments, model, hypotheses, verdicts. */
export function lineageSection(report: CampaignReport): Markup {
  const lineage = lineageOf(report);
  const description = `From left to right, or from top to bottom on a narrow page: ${listed(lineage.layers.map((layer) => listed(layer.map(({ lines }) => lines.slice(0, 2).join(' ')))))}.`;
  const says = { title: 'Lineage of the campaign', description };
  return html`<section aria-labelledby="lineage"><h2 id="lineage">Where it all came from</h2>
<figure>${lineageChart('lineage-wide', 960, lineage, says, 'wide')}${lineageChart('lineage-narrow', 336, lineage, says, 'narrow')}
<figcaption><strong>Lineage.</strong> Lines lead from a thing to what was made from it. The data that tested a claim (dashed box) reached neither the arms nor the model. ${'`genesis lineage`'} prints the same with all ids.</figcaption></figure></section>`;
}

function lineageOf(report: CampaignReport): Lineage {
  const { exploration, models, hypotheses, source } = report;
  const arms: LineageNode[] = exploration.shown
    ? exploration.value.arms.map(({ name, recorded, control }) => ({
        id: `arm/${name}`,
        lines: [name, counted(recorded, 'experiment'), control ? 'the control' : 'explorer'],
        shape: 'plain',
      }))
    : [{ id: 'arm/', lines: ['Experiments', 'withheld'], shape: 'plain' }];
  const modelNodes = models.map(
    ({ id, name, measured }): LineageNode => ({
      id,
      lines: ['Model', name, `from ${counted(measured, 'value')}`],
      shape: 'plain',
    }),
  );
  const tested = hypotheses.filter(({ openedAt }) => openedAt !== null);
  const data: LineageNode[] =
    tested.length === 0
      ? []
      : [
          {
            id: 'data',
            lines: [
              'Data for testing',
              source.kind === 'table' ? 'sealed or fresh' : 'measured after',
              source.kind === 'table' ? '' : 'the freeze',
            ],
            shape: 'data',
          },
        ];
  const claims = hypotheses.map(
    (one, i): LineageNode => ({
      id: one.id,
      lines: [`Hypothesis ${i + 1}`, one.kind === 'arms' ? 'about the arms' : 'about the model', one.state],
      shape: 'plain',
    }),
  );
  const verdicts = tested.map((one): LineageNode => {
    const { shape, words } = standingOf(one);
    return { id: `verdict/${one.id}`, lines: [words, `on hypothesis ${hypotheses.indexOf(one) + 1}`], shape };
  });
  const layers = [
    [{ id: 'source', lines: [sourceWords[source.kind], source.name], shape: 'plain' }],
    arms,
    [...modelNodes, ...data],
    claims,
    verdicts,
  ].map(shortLayer);
  return {
    layers: layers.filter((layer) => layer.length > 0),
    edges: [
      ...arms.map(({ id }) => ['source', id] as const),
      ...(data.length > 0 ? [['source', 'data'] as const] : []),
      ...arms.flatMap(({ id }) => modelNodes.map((model) => [id, model.id] as const)),
      ...hypotheses.flatMap((one) => claimEdges(one, arms)),
      ...tested.flatMap((one) => [
        [one.id, `verdict/${one.id}`] as const,
        ['data', `verdict/${one.id}`] as const,
      ]),
    ],
  };
}

const claimEdges = (one: HypothesisReport, arms: readonly LineageNode[]): (readonly [string, string])[] =>
  one.model === null ? arms.map(({ id }) => [id, one.id] as const) : [[one.model, one.id]];

function shortLayer(layer: LineageNode[]): LineageNode[] {
  if (layer.length <= mostInLayer) return layer;
  const more: LineageNode = {
    id: `more/${layer[0]!.id}`,
    lines: ['and more', counted(layer.length - mostInLayer + 1, 'other')],
    shape: 'plain',
  };
  return [...layer.slice(0, mostInLayer - 1), more];
}
