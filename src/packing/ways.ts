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
  const { op, args } = node;
  const [a = -1, b = -1] = args;
  switch (op.kind) {
    case 'add':
    case 'sub':
      return [sumWay(context, op.kind, a, b, demand)];
    case 'neg':
      return [unaryWay(a, demand, (tile) => context.emit.negate(tile))];
    case 'pow':
      return [unaryWay(a, demand, (tile) => powerOf(context.emit, tile, op.exponent))];
    case 'inverse':
      return [inverseWay(context, a, demand)];
    case 'mul':
      return productWays(context, op, node, demand);
    case 'sum':
      return sumOverWays(context, op, node, demand);
    case 'broadcast':
      return broadcastWays(context, op, a, demand);
    case 'permute':
      return [permuteWay(a, op, demand)];
    case 'slice':
      return sliceWays(context, op, node, demand);
    case 'rotate':
      return rotateWays(context, op.steps, node, demand);
    case 'concat':
    case 'stack':
      return joinWays(context, node, demand);
    default:
      throw new Error(`a ${op.kind} is not computed`);
  }
}
