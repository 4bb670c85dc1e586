import type { Node } from '../ir/graph.ts';
import { broadcastLowerings, permuteLowering } from './axis-lowerings.ts';
import {
  elementwiseLowering,
  inverseLowering,
  powerOf,
  sumLowering,
} from './elementwise-lowerings.ts';
import type { LayoutRequest } from './layout.ts';
import type { Lowering, LoweringContext } from './lowering.ts';
import { productLowerings, sumOverLowerings } from './product-lowerings.ts';
import { joinLowerings, rotateLowerings, sliceLowerings } from './slice-lowerings.ts';

/**
 * Returns the lowerings of a node whose results have the requested axes. The caller changes gaps
 * and padding to those of the request afterwards.
 */
export function loweringsOf(
  context: LoweringContext,
  node: Node,
  request: LayoutRequest,
): readonly Lowering[] {
  switch (node.kind) {
    case 'add':
    case 'sub':
      return [sumLowering(context, node, request)];
    case 'neg':
      return [elementwiseLowering(node, request, (tile) => context.emit.negate(tile))];
    case 'pow': {
      const { exponent } = node.op;
      return [elementwiseLowering(node, request, (tile) => powerOf(context.emit, tile, exponent))];
    }
    case 'inverse':
      return [inverseLowering(context, node, request)];
    case 'mul':
      return productLowerings(context, node, request);
    case 'sum':
      return sumOverLowerings(context, node, request);
    case 'broadcast':
      return broadcastLowerings(context, node, request);
    case 'permute':
      return [permuteLowering(node, request)];
    case 'slice':
      return sliceLowerings(context, node, request);
    case 'rotate':
      return rotateLowerings(context, node, request);
    case 'concat':
    case 'stack':
      return joinLowerings(context, node, request);
    case 'input':
    case 'const':
    case 'barrier':
      throw new Error(`a ${node.kind} is not computed`);
  }
}
