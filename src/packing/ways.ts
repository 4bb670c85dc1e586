import type { Node } from '../ir/graph.ts';
import { broadcastLowerings, permuteLowering } from './axes.ts';
import { joinLowerings, rotateLowerings, sliceLowerings } from './boxes.ts';
import { elementwiseLowering, inverseLowering, powerOf, sumLowering } from './elementwise.ts';
import type { LayoutRequest } from './layout.ts';
import { productLowerings, sumOverLowerings } from './products.ts';
import type { Lowering, LoweringContext } from './way.ts';

/**
 * The ways to compute a node so that its axes lie where they are wanted; gaps and padding are made to meet the demand
 * afterwards. Each says how it wants its operands.
 */
export function loweringsOf(
  context: LoweringContext,
  node: Node,
  demand: LayoutRequest,
): readonly Lowering[] {
  switch (node.kind) {
    case 'add':
    case 'sub':
      return [sumLowering(context, node, demand)];
    case 'neg':
      return [elementwiseLowering(node, demand, (tile) => context.emit.negate(tile))];
    case 'pow': {
      const { exponent } = node.op;
      return [elementwiseLowering(node, demand, (tile) => powerOf(context.emit, tile, exponent))];
    }
    case 'inverse':
      return [inverseLowering(context, node, demand)];
    case 'mul':
      return productLowerings(context, node, demand);
    case 'sum':
      return sumOverLowerings(context, node, demand);
    case 'broadcast':
      return broadcastLowerings(context, node, demand);
    case 'permute':
      return [permuteLowering(node, demand)];
    case 'slice':
      return sliceLowerings(context, node, demand);
    case 'rotate':
      return rotateLowerings(context, node, demand);
    case 'concat':
    case 'stack':
      return joinLowerings(context, node, demand);
    case 'input':
    case 'const':
    case 'barrier':
      throw new Error(`a ${node.kind} is not computed`);
  }
}
