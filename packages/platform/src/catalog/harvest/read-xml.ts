import { SaxesParser } from 'saxes';
import { OutboundError } from '../../kernel/index.ts';

/** An element with what is in it. Names are without prefix. */
export type XmlNode = {
  name: string;
  attributes: Readonly<Record<string, string>>;
  text: string;
  children: XmlNode[];
};

const deepest = 64;
const mostElements = 500_000;

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Reads XML of strangers. A document type is refused before anything of it is read, so there are no entities but the five of
 * XML, and nothing outside the document is ever fetched.
 *
 * @throws OutboundError where it is not well formed, has a document type, or is deeper or larger than any answer
 */
export function readXml(bytes: Uint8Array): XmlNode {
  const root: XmlNode = { name: '', attributes: {}, text: '', children: [] };
  const open: XmlNode[] = [root];
  let elements = 0;
  const refuse = (message: string): never => {
    throw new OutboundError(message);
  };
  const parser = new SaxesParser();
  parser.on('error', (cause) => {
    throw new OutboundError('it is no well-formed XML', { cause });
  });
  parser.on('doctype', () => refuse('it has a document type, which is not read'));
  parser.on('opentag', ({ name, attributes }) => {
    elements += 1;
    if (open.length > deepest) refuse(`its XML nests deeper than ${deepest}`);
    if (elements > mostElements) refuse(`it has more than ${mostElements} elements`);
    const node: XmlNode = {
      name: localName(name),
      attributes: attributes as Record<string, string>,
      text: '',
      children: [],
    };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  const add = (text: string): void => {
    const last = open.at(-1);
    if (last !== undefined && open.length > 1) last.text += text;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => void open.pop());
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new OutboundError('it is no XML in UTF-8', { cause });
  }
  // A document type may declare what grows without bound while it is read: none is begun.
  if (/<!DOCTYPE/i.test(text)) refuse('it has a document type, which is not read');
  parser.write(text).close();
  return root.children[0] ?? refuse('it is empty');
}

export const childrenOf = (node: XmlNode | undefined, name: string): XmlNode[] =>
  node?.children.filter((child) => child.name === name) ?? [];
export const childOf = (node: XmlNode | undefined, name: string): XmlNode | undefined =>
  childrenOf(node, name)[0];
