import type { Node } from '../ir/graph.ts';
import { broadcastWays, permuteWay } from './axes.ts';
import { joinWays, rotateWays, sliceWays } from './boxes.ts';
import { inverseWay, powerOf, sumWay, unaryWay } from './elementwise.ts';
import type { Demand } from './layout.ts';
import { productWays, sumOverWays } from './products.ts';
import type { Way, WaysContext } from './way.ts';

/**
 * The ways to compute a node so that its axes lie where they are wanted; gaps and padding are made to meet the demand
 * afterwards. Each says how it wants its operands.
 */
export function waysTo(context: WaysContext, node: Node, demand: Demand): readonly Way[] {
  switch (node.kind) {
    case 'add':
    case 'sub':
      return [sumWay(context, node, demand)];
    case 'neg':
      return [unaryWay(node, demand, (tile) => context.emit.negate(tile))];
    case 'pow': {
      const { exponent } = node.op;
      return [unaryWay(node, demand, (tile) => powerOf(context.emit, tile, exponent))];
    }
    case 'inverse':
      return [inverseWay(context, node, demand)];
    case 'mul':
      return productWays(context, node, demand);
    case 'sum':
      return sumOverWays(context, node, demand);
    case 'broadcast':
      return broadcastWays(context, node, demand);
    case 'permute':
      return [permuteWay(node, demand)];
    case 'slice':
      return sliceWays(context, node, demand);
    case 'rotate':
      return rotateWays(context, node, demand);
    case 'concat':
    case 'stack':
      return joinWays(context, node, demand);
    case 'input':
    case 'const':
    case 'barrier':
      throw new Error(`a ${node.kind} is not computed`);
  }
}
