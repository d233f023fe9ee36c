import { type Lineage, type LineageNode, lineageAcross, lineageDown } from './charts/lineage.ts';
import { html, type Markup } from './markup.ts';
import type { CampaignReport, HypothesisReport } from './model.ts';
import { counted, listed, plain } from './text.ts';
import { standingOf } from './words.ts';

/** More boxes than this in one layer are counted instead of drawn. */
const mostInLayer = 8;
const sourceWords = { capability: 'Instrument', table: 'Table', people: 'People' } as const;

/** Where everything came from: source, experiments, model, hypotheses, verdicts. */
export function lineageSection(report: CampaignReport): Markup {
  const lineage = lineageOf(report);
  const steps = lineage.layers.map((layer) =>
    listed(layer.filter(({ lines }) => lines.length > 0).map(({ lines }) => plain(lines.join(', ')))),
  );
  const says = { title: 'Lineage of the campaign', description: `In order: ${steps.join('; then ')}.` };
  return html`<section aria-labelledby="lineage"><h2 id="lineage">Where it all came from</h2>
<figure>${lineageAcross('lineage-wide', 960, lineage, says, 'wide')}${lineageDown('lineage-narrow', 336, lineage, says, 'narrow')}
<figcaption><strong>Lineage.</strong> Lines lead from a thing to what was made from it. The data that tested a claim (dashed box) reached neither the arms nor the model. <code>genesis lineage ${report.id}</code> prints the same with every id.</figcaption></figure></section>`;
}

/** Ways past a layer: from the source to the test data, from the arms to claims about them, from test data to verdicts. */
const ways = { data: 'way/data', claims: 'way/claims', verdicts: 'way/verdicts' } as const;
const way = (id: string): LineageNode => ({ id, lines: [], shape: 'way' });

function lineageOf(report: CampaignReport): Lineage {
  const { models, hypotheses, source } = report;
  const tested = hypotheses.filter(({ openedAt }) => openedAt !== null);
  const aboutArms = hypotheses.some(({ model }) => model === null);
  const arms = armNodes(report);
  const modelNodes = models.map(
    ({ id, name, measured }): LineageNode => ({
      id,
      lines: ['Model', name, `from ${counted(measured, 'value')}`],
      shape: 'plain',
    }),
  );
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
  const from =
    source.kind === 'table' ? ['sealed, or drawn with', 'fresh seeds'] : ['measured after', 'the freeze'];
  const some = (wanted: boolean, node: LineageNode): LineageNode[] => (wanted ? [node] : []);
  const dataUsed = tested.length > 0;
  const layers = [
    [{ id: 'source', lines: [sourceWords[source.kind], source.name], shape: 'plain' }],
    [...shortLayer(arms), ...some(dataUsed, way(ways.data))],
    [
      ...shortLayer(modelNodes),
      ...some(aboutArms, way(ways.claims)),
      ...some(dataUsed, { id: 'data', lines: ['Data for testing', ...from], shape: 'data' }),
    ],
    [...shortLayer(claims), ...some(dataUsed, way(ways.verdicts))],
    shortLayer(verdicts),
  ];
  const ids = (nodes: readonly LineageNode[]): string[] => nodes.map(({ id }) => id);
  return {
    layers: layers.filter((layer) => layer.length > 0),
    edges: [
      ...[...ids(arms), ways.data].map((to) => ['source', to] as const),
      [ways.data, 'data'],
      ...ids(arms).flatMap((arm) => [...ids(modelNodes), ways.claims].map((to) => [arm, to] as const)),
      ...hypotheses.map((one) => [one.model ?? ways.claims, one.id] as const),
      ['data', ways.verdicts],
      ...tested.flatMap((one) => verdictEdges(one)),
    ],
  };
}

const verdictEdges = ({ id }: HypothesisReport) =>
  [
    [id, `verdict/${id}`],
    [ways.verdicts, `verdict/${id}`],
  ] as const;

function armNodes({ exploration }: CampaignReport): LineageNode[] {
  if (!exploration.shown) return [{ id: 'arms', lines: ['Experiments', 'withheld'], shape: 'plain' }];
  return exploration.value.arms.map(({ name, recorded, control }) => ({
    id: `arm/${name}`,
    lines: [`Arm ${name}`, counted(recorded, 'experiment'), control ? 'the control' : 'explores'],
    shape: 'plain',
  }));
}

function shortLayer(layer: readonly LineageNode[]): LineageNode[] {
  if (layer.length <= mostInLayer) return [...layer];
  const left = layer.length - mostInLayer + 1;
  const more: LineageNode = {
    id: `more/${layer[0]!.id}`,
    lines: ['And', counted(left, 'other')],
    shape: 'plain',
  };
  return [...layer.slice(0, mostInLayer - 1), more];
}
