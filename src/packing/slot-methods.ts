import type { Node } from '../ir/graph.ts';
import { broadcastMethods, permuteMethod } from './axis-methods.ts';
import { elementwiseMethod, inverseMethod, powerOf, sumMethod } from './elementwise-methods.ts';
import type { LayoutRequest } from './layout.ts';
import { productMethods, sumOverMethods } from './product-methods.ts';
import { cumsumMethods, reindexMethods, steppedSumMethods } from './reindex-methods.ts';
import { joinMethods, rotateMethods, sliceMethods } from './slice-methods.ts';
import type { MethodContext, SlotMethod } from './slot-method.ts';

/**
 * Returns the methods of a node whose results have the requested axes. The caller changes gaps
 * and padding to those of the request afterwards.
 */
export function methodsOf(
  context: MethodContext,
  node: Node,
  request: LayoutRequest,
): readonly SlotMethod[] {
  switch (node.kind) {
    case 'add':
    case 'sub':
      return [sumMethod(context, node, request)];
    case 'neg':
      return [elementwiseMethod(node, request, (tile) => context.emit.negate(tile))];
    case 'pow': {
      const { exponent } = node.op;
      return [elementwiseMethod(node, request, (tile) => powerOf(context.emit, tile, exponent))];
    }
    case 'inverse':
      return [inverseMethod(context, node, request)];
    case 'mul':
      return productMethods(context, node, request);
    case 'sum':
      return [...sumOverMethods(context, node, request), ...steppedSumMethods(context, node)];
    case 'broadcast':
      return broadcastMethods(context, node, request);
    case 'permute':
      return [permuteMethod(node, request)];
    case 'slice':
      return sliceMethods(context, node, request);
    case 'reindex':
      return reindexMethods(context, node, request);
    case 'rotate':
      return rotateMethods(context, node, request);
    case 'cumsum':
      return cumsumMethods(context, node, request);
    case 'concat':
    case 'stack':
      return joinMethods(context, node, request);
    case 'input':
    case 'const':
    case 'barrier':
      throw new Error(`a ${node.kind} is not computed`);
  }
}
