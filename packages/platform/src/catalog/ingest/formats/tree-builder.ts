import { invalidField } from '@genesis/contracts/errors';
import { type SmallValue, shown, type TreeNode, treeLimits } from './model.ts';

/** Collects the nodes of a tree within limits, and counts what it leaves out. */
export class TreeBuilder {
  readonly nodes: TreeNode[] = [];
  readonly left = { nodes: 0, attributes: 0 };
  #walked = 0;

  /** To be called for each node before it is looked at. @throws GenesisError where the tree is too large or too deep */
  count(path: string, depth: number): void {
    this.#walked++;
    if (depth > treeLimits.depth) {
      throw invalidField(
        'file',
        `is nested deeper than ${treeLimits.depth} levels, at ${JSON.stringify(shown(path).slice(0, 100))}`,
      );
    }
    if (this.#walked > treeLimits.walked)
      throw invalidField('file', `has more than ${treeLimits.walked} groups and datasets`);
  }

  add(node: Pick<TreeNode, 'path' | 'kind'> & Partial<TreeNode>): void {
    if (this.nodes.length >= treeLimits.nodes) {
      this.left.nodes++;
      return;
    }
    const attributes = node.attributes ?? {};
    const units: SmallValue = attributes['units'] ?? attributes['unit'] ?? null;
    this.nodes.push({
      shape: null,
      dtype: null,
      units: typeof units === 'string' ? units : null,
      value: null,
      note: null,
      ...node,
      path: shown(node.path),
      attributes,
    });
  }

  leaveAttribute(count = 1): void {
    this.left.attributes += count;
  }
}
