import type { NodeOf } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import type { OpOf } from '../tensor/op.ts';
import { sizeOf } from '../tensor/tensor.ts';
import {
  type AxisLayout,
  bitsOf,
  type Gap,
  hasBit,
  indicesOf,
  type LayoutRequest,
  normalized,
  rowMajorIndex,
  type SlotTensor,
  tileBoxes,
  tileCounts,
} from './layout.ts';
import { type Lowering, type LoweringContext, unaryLowering } from './lowering.ts';

/** The way to a transpose: the operand, its axes where the result's are wanted. */
export function permuteLowering(
  { op: { order }, args }: NodeOf<'permute'>,
  request: LayoutRequest,
): Lowering {
  const axes = new Array<AxisLayout>(order.length);
  order.forEach((from, axis) => {
    axes[from] = at(request.axes, axis);
  });
  const want = { node: args[0], request: { ...request, axes } };
  return unaryLowering(want, (held) => permuted(held, order));
}

/** Result axis k is the operand's axis order[k]; ciphertexts change their order with it. */
export function permuted(held: SlotTensor, order: readonly number[]): SlotTensor {
  const { shape, layout, tiles } = held;
  if (order.every((from, axis) => from === axis)) return held;
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

/** Slots behind a repeated value that are not zero may have to be masked later. */
const PADDING_PENALTY = 400;

/** Ways to repeat a tensor along new axes: copies that are there, or for a number copies at exactly the indices. */
export function broadcastLowerings(
  { emit, asWritten, slotBits, circuit }: LoweringContext,
  { op, args: [node], shape }: NodeOf<'broadcast'>,
  request: LayoutRequest,
): readonly Lowering[] {
  const axes = op.axes.map((to) => at(request.axes, to));
  const spread = bitsOf(request.axes) & ~bitsOf(axes);
  const isClear = circuit.nodes[node]?.secrecy !== 'cipher';
  const copies = { node, request: { axes, copies: spread | request.copies, clean: false } };
  const copied: Lowering = {
    ...unaryLowering(copies, (held) => repeated(held, op, request.axes)),
    penalty: PADDING_PENALTY,
  };
  if (op.axes.length > 0 || isClear) return [copied];
  // A number in the first slot, copied to exactly the slots where it is wanted.
  const first = { node, request: { axes: [], copies: 0, clean: true } };
  const filled = unaryLowering(first, (held): SlotTensor => {
    const single = at(held.tiles, 0);
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
  held: SlotTensor,
  op: OpOf<'broadcast'>,
  places: readonly AxisLayout[],
): SlotTensor {
  const { shape } = op;
  const counts = tileCounts(shape, places);
  const from = tileCounts(held.shape, held.layout.axes);
  const tiles = Array.from({ length: sizeOf(counts) }, (_, out) => {
    const indices = indicesOf(out, counts);
    const own = op.axes.map((to) => at(indices, to));
    return at(held.tiles, rowMajorIndex(own, from));
  });
  const used = bitsOf(places);
  const padding = shape.map((_, axis) => {
    const source = op.axes.indexOf(axis);
    return source < 0 ? 'garbage' : at(held.layout.padding, source);
  });
  const gaps = held.layout.gaps.map((gap, bit): Gap => (hasBit(used, bit) ? 'zero' : gap));
  return { shape, tiles, layout: normalized(shape, { axes: places, gaps, padding }) };
}
