import { html, type Markup } from '../markup.ts';
import { shortened } from '../text.ts';
import { picture } from './frame.ts';

/** A thing that came from others. Nodes stand in layers; edges lead to later layers. */
export type LineageNode = { id: string; lines: readonly string[]; shape: string };
export type Lineage = {
  layers: readonly (readonly LineageNode[])[];
  edges: readonly (readonly [string, string])[];
};

const boxHeight = 58;
const gap = 14;

type Box = { node: LineageNode; x: number; y: number; width: number };

/** The layers from left to right, or on a narrow page from top to bottom. */
export function lineageChart(
  id: string,
  width: number,
  lineage: Lineage,
  says: { title: string; description: string },
  shape: string,
): Markup {
  const sideways = width > 500;
  const boxes = sideways ? columns(width, lineage.layers) : rows(width, lineage.layers);
  const byId = new Map(boxes.map((box) => [box.node.id, box]));
  const height = boxes.reduce((most, { y }) => Math.max(most, y + boxHeight), 0) + 4;
  const edges = lineage.edges.flatMap(([from, to]) => {
    const start = byId.get(from);
    const end = byId.get(to);
    return start === undefined || end === undefined
      ? []
      : [html`<path class="edge" d="${curve(start, end, sideways)}"/>`];
  });
  const content = html`<g class="edges">${edges}</g>${boxes.map(drawn)}`;
  return picture(id, { width, height }, says, content, shape);
}

function columns(width: number, layers: Lineage['layers']): Box[] {
  const between = 34;
  const boxWidth = Math.floor((width - 4 - between * (layers.length - 1)) / layers.length);
  const tallest = Math.max(...layers.map((layer) => layer.length)) * (boxHeight + gap) - gap;
  return layers.flatMap((layer, column) => {
    const top = 2 + (tallest - (layer.length * (boxHeight + gap) - gap)) / 2;
    return layer.map(
      (node, i): Box => ({
        node,
        x: 2 + column * (boxWidth + between),
        y: top + i * (boxHeight + gap),
        width: boxWidth,
      }),
    );
  });
}

function rows(width: number, layers: Lineage['layers']): Box[] {
  const boxes: Box[] = [];
  let y = 2;
  for (const layer of layers) {
    for (let i = 0; i < layer.length; i += 2) {
      const pair = layer.slice(i, i + 2);
      const boxWidth = pair.length === 2 ? (width - 4 - gap) / 2 : width - 4;
      pair.forEach((node, place) => {
        boxes.push({ node, x: 2 + place * (boxWidth + gap), y, width: boxWidth });
      });
      y += boxHeight + gap;
    }
    y += 18;
  }
  return boxes;
}

function curve(from: Box, to: Box, sideways: boolean): string {
  if (sideways) {
    const [x1, y1, x2, y2] = [from.x + from.width, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2];
    const bend = Math.min(40, (x2 - x1) / 2);
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  }
  const [x1, y1, x2, y2] = [from.x + from.width / 2, from.y + boxHeight, to.x + to.width / 2, to.y];
  const bend = Math.min(24, (y2 - y1) / 2);
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
}

function drawn({ node, x, y, width }: Box): Markup {
  const longest = Math.max(6, Math.floor((width - 16) / 6.6));
  return html`<g class="node ${node.shape}"><rect x="${x}" y="${y}" width="${width}" height="${boxHeight}" rx="7"/>${node.lines
    .slice(0, 3)
    .map(
      (words, i) =>
        html`<text class="${i === 0 ? 'node-name' : 'node-more'}" x="${x + 9}" y="${y + 19 + i * 15.5}">${shortened(words, longest)}</text>`,
    )}</g>`;
}
