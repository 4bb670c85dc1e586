import type { NodeOf } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { SlotMap } from '../plan/plan.ts';
import { wholeView } from '../tensor/view.ts';
import { mapOf } from './clear-tensors.ts';
import type { Emitter } from './emitter.ts';
import {
  type Box,
  type Gap,
  type Layout,
  type LayoutRequest,
  normalized,
  sumLayout,
  tileBoxes,
} from './layout.ts';
import { type MethodContext, type SlotMethod, unaryMethod } from './slot-method.ts';

/** Returns the method of a sum or difference of two tensors in the same layout. */
export function sumMethod(
  { emit }: MethodContext,
  { kind, args: [a, b] }: NodeOf<'add' | 'sub'>,
  request: LayoutRequest,
): SlotMethod {
  return {
    operands: [
      { node: a, request },
      { node: b, request },
    ],
    write: (operands) => {
      const [left, right] = [at(operands, 0), at(operands, 1)];
      const tiles = left.tiles.map((tile, i) => emit[kind](tile, at(right.tiles, i)));
      const layout = normalized(left.shape, sumLayout(left.layout, right.layout));
      return { shape: left.shape, tiles, layout };
    },
  };
}

/** Returns the method of an operation on each ciphertext in any layout. */
export function elementwiseMethod(
  { args: [node] }: NodeOf<'neg' | 'pow'>,
  request: LayoutRequest,
  apply: (tile: number) => number,
): SlotMethod {
  return unaryMethod({ node, request }, (tensor) => ({
    ...tensor,
    tiles: tensor.tiles.map(apply),
  }));
}

/** Returns a power by repeated multiplication. */
export function powerOf(emit: Emitter, tile: number, exponent: number): number {
  let power = tile;
  for (let i = 1; i < exponent; i++) power = emit.mul(power, tile);
  return power;
}

/** Returns the method of inverses of clear values; slots around them become zeros. */
export function inverseMethod(
  { emit }: MethodContext,
  { args: [node] }: NodeOf<'inverse'>,
  request: LayoutRequest,
): SlotMethod {
  return unaryMethod({ node, request }, ({ shape, layout, tiles }) => {
    const clean: Layout = {
      axes: layout.axes,
      gaps: layout.gaps.map((gap): Gap => (gap === 'copy' ? 'copy' : 'zero')),
      padding: layout.padding.map(() => 'zero'),
    };
    const boxes = tileBoxes(shape, layout.axes);
    const inverted = tiles.map((tile, i) =>
      emit.push({ op: 'clearInverse', args: [tile], map: filledMap(at(boxes, i), clean) }),
    );
    return { shape, tiles: inverted, layout: clean };
  });
}

/** Returns the slot map of the elements in a box of a tensor. */
function filledMap({ sizes }: Box, layout: Layout): SlotMap {
  return mapOf(wholeView(sizes), { starts: sizes.map(() => 0), sizes }, layout);
}
