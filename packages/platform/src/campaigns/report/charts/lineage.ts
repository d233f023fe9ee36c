import { html, type Markup } from '../markup.ts';
import { shortened } from '../text.ts';
import { picture } from './frame.ts';

/** A thing that came from others; without lines of text it is only a way for edges through its layer. */
export type LineageNode = { id: string; lines: readonly string[]; shape: string };
/** Nodes stand in layers; each edge leads to the next layer. */
export type Lineage = {
  layers: readonly (readonly LineageNode[])[];
  edges: readonly (readonly [from: string, to: string])[];
};

const boxHeight = 58;
const passHeight = 8;
const gap = 16;

type Box = { node: LineageNode; x: number; y: number; width: number; height: number };

const heightOf = ({ lines }: LineageNode): number => (lines.length === 0 ? passHeight : boxHeight);

/** The layers from left to right, with their edges. */
export function lineageAcross(
  id: string,
  width: number,
  lineage: Lineage,
  says: { title: string; description: string },
  shape: string,
): Markup {
  const boxes = columns(width, lineage.layers);
  const byId = new Map(boxes.map((box) => [box.node.id, box]));
  const edges = lineage.edges.flatMap(([from, to]) => {
    const start = byId.get(from);
    const end = byId.get(to);
    return start === undefined || end === undefined
      ? []
      : [html`<path class="edge" d="${curve(start, end)}"/>`];
  });
  const ways = boxes
    .filter(({ node }) => node.lines.length === 0)
    .map(({ x, y, width: long }) => html`<path class="edge" d="M${x} ${y + passHeight / 2}h${long}"/>`);
  return picture(id, { width, height: lowest(boxes) }, says, html`${edges}${ways}${boxes.map(drawn)}`, shape);
}

/** The layers from top to bottom on a narrow page, where one arrow stands for all edges between two layers. */
export function lineageDown(
  id: string,
  width: number,
  lineage: Lineage,
  says: { title: string; description: string },
  shape: string,
): Markup {
  const boxes: Box[] = [];
  const arrows: Markup[] = [];
  let y = 2;
  const layers = lineage.layers.map((layer) => layer.filter(({ lines }) => lines.length > 0));
  layers.forEach((layer, place) => {
    if (place > 0) {
      arrows.push(html`<path class="edge" d="M${width / 2} ${y - 10}v18m-5 -6l5 6l5 -6"/>`);
      y += 14;
    }
    for (let i = 0; i < layer.length; i += 2) {
      const pair = layer.slice(i, i + 2);
      const boxWidth = pair.length === 2 ? (width - 4 - gap) / 2 : width - 4;
      pair.forEach((node, k) => {
        boxes.push({ node, x: 2 + k * (boxWidth + gap), y, width: boxWidth, height: boxHeight });
      });
      y += boxHeight + gap;
    }
  });
  return picture(id, { width, height: lowest(boxes) }, says, html`${arrows}${boxes.map(drawn)}`, shape);
}

const lowest = (boxes: readonly Box[]): number =>
  boxes.reduce((most, { y, height }) => Math.max(most, y + height), 0) + 4;

function columns(width: number, layers: Lineage['layers']): Box[] {
  const between = 40;
  const boxWidth = Math.floor((width - 4 - between * (layers.length - 1)) / layers.length);
  const tall = (layer: readonly LineageNode[]): number =>
    layer.reduce((sum, node) => sum + heightOf(node) + gap, 0) - gap;
  const tallest = Math.max(...layers.map(tall));
  return layers.flatMap((layer, column) => {
    let y = 2 + (tallest - tall(layer)) / 2;
    return layer.map((node): Box => {
      const box = { node, x: 2 + column * (boxWidth + between), y, width: boxWidth, height: heightOf(node) };
      y += box.height + gap;
      return box;
    });
  });
}

function curve(from: Box, to: Box): string {
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height / 2, to.x, to.y + to.height / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

function drawn({ node, x, y, width }: Box): Markup | null {
  if (node.lines.length === 0) return null;
  const room = (pixels: number): number => Math.max(6, Math.floor((width - 16) / pixels));
  return html`<g class="node ${node.shape}"><rect x="${x}" y="${y}" width="${width}" height="${boxHeight}" rx="7"/>${node.lines
    .slice(0, 3)
    .map(
      (words, i) =>
        html`<text class="${i === 0 ? 'node-name' : 'node-more'}" x="${x + 9}" y="${y + 19 + i * 15.5}">${shortened(words, room(i === 0 ? 8.4 : 7.1))}</text>`,
    )}</g>`;
}
