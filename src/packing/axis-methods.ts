import type { NodeOf } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { OpOf } from '../tensor/op.ts';
import { indicesOf, sizeOf } from '../tensor/tensor.ts';
import {
  type AxisLayout,
  bitsOf,
  type Gap,
  hasBit,
  type LayoutRequest,
  normalized,
  rowMajorIndex,
  type SlotTensor,
  tileBoxes,
  tileCounts,
} from './layout.ts';
import { type MethodContext, type SlotMethod, unaryMethod } from './slot-method.ts';

/** Returns the method of a transpose: it reads the operand with the axes of the result. */
export function permuteMethod(
  { op: { order }, args }: NodeOf<'permute'>,
  request: LayoutRequest,
): SlotMethod {
  const axes = new Array<AxisLayout>(order.length);
  order.forEach((from, axis) => {
    axes[from] = at(request.axes, axis);
  });
  const operand = { node: args[0], request: { ...request, axes } };
  return unaryMethod(operand, (tensor) => permuted(tensor, order));
}

/**
 * Returns a tensor whose axis k is the operand's axis order[k]; its ciphertexts change their order.
 */
export function permuted(tensor: SlotTensor, order: readonly number[]): SlotTensor {
  const { shape, layout, tiles } = tensor;
  if (order.every((from, axis) => from === axis)) return tensor;
  const counts = tileCounts(shape, layout.axes);
  const pick = <T>(values: readonly T[]) => order.map((from) => at(values, from));
  const moved = tiles.map((_, out) => {
    const indices = new Array<number>(order.length);
    indicesOf(out, pick(counts)).forEach((index, axis) => {
      indices[at(order, axis)] = index;
    });
    return at(tiles, rowMajorIndex(indices, counts));
  });
  return {
    shape: pick(shape),
    tiles: moved,
    layout: { axes: pick(layout.axes), gaps: layout.gaps, padding: pick(layout.padding) },
  };
}

/** Work added for copies that fill the padding, too: a mask may be needed later. */
const PADDING_PENALTY = 400;

/**
 * Returns the methods of a tensor repeated along new axes: it is read with copies there; a single
 * number may also be copied to exactly the result's slots.
 */
export function broadcastMethods(
  { emit, asWritten, slotBits, circuit }: MethodContext,
  { op, args: [node], shape }: NodeOf<'broadcast'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const axes = op.axes.map((to) => at(request.axes, to));
  const spread = bitsOf(request.axes) & ~bitsOf(axes);
  const isClear = circuit.nodes[node]?.secrecy !== 'cipher';
  const copies = { node, request: { axes, copies: spread | request.copies, clean: false } };
  const copied: SlotMethod = {
    ...unaryMethod(copies, (tensor) => repeated(tensor, op, request.axes)),
    penalty: PADDING_PENALTY,
  };
  if (op.axes.length > 0 || isClear) return [copied];
  // A number in the first slot, copied to exactly the slots of the result.
  const first = { node, request: { axes: [], copies: 0, clean: true } };
  const filled = unaryMethod(first, (tensor): SlotTensor => {
    const single = at(tensor.tiles, 0);
    const boxes = tileBoxes(shape, request.axes);
    const tiles = boxes.map(({ sizes }) =>
      sizes.reduce(
        (value, size, axis) => emit.copyFirst(value, size, 2 ** at(request.axes, axis).at),
        single,
      ),
    );
    const gaps = Array.from({ length: slotBits }, (): Gap => 'zero');
    return {
      shape,
      tiles,
      layout: { axes: request.axes, gaps, padding: shape.map(() => 'zero') },
    };
  });
  return asWritten ? [filled] : [filled, copied];
}

function repeated(
  tensor: SlotTensor,
  op: OpOf<'broadcast'>,
  axes: readonly AxisLayout[],
): SlotTensor {
  const { shape } = op;
  const counts = tileCounts(shape, axes);
  const from = tileCounts(tensor.shape, tensor.layout.axes);
  const tiles = Array.from({ length: sizeOf(counts) }, (_, out) => {
    const indices = indicesOf(out, counts);
    const own = op.axes.map((to) => at(indices, to));
    return at(tensor.tiles, rowMajorIndex(own, from));
  });
  const used = bitsOf(axes);
  const padding = shape.map((_, axis) => {
    const source = op.axes.indexOf(axis);
    return source < 0 ? 'garbage' : at(tensor.layout.padding, source);
  });
  const gaps = tensor.layout.gaps.map((gap, bit): Gap => (hasBit(used, bit) ? 'zero' : gap));
  return { shape, tiles, layout: normalized(shape, { axes, gaps, padding }) };
}
