import { type NodeOf, nodeAt } from '../ir/graph.ts';
import { at } from '../lookup.ts';
import { indicesOf } from '../tensor/tensor.ts';
import type { Emitter } from './emitter.ts';
import {
  type AxisLayout,
  bitsFor,
  bitsOf,
  type Gap,
  type LayoutRequest,
  type SlotTensor,
} from './layout.ts';
import { move, movesTo, slotOf, unmasked } from './rearrange.ts';
import { type MethodContext, type SlotMethod, shapeOf, unaryMethod } from './slot-method.ts';
import { usualLayouts } from './usual-layouts.ts';

/**
 * Returns the methods of a reindexed computed tensor. Where its elements already lie as requested,
 * each ciphertext takes a rotation at most; else masks, which take a level.
 */
export function reindexMethods(
  context: MethodContext,
  { op, args: [source], shape }: NodeOf<'reindex'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const { emit } = context;
  const from = shapeOf(context, source);
  return usualLayouts(from, context).map((axes) => {
    const read = { axes, copies: request.copies & ~bitsOf(axes), clean: false };
    return unaryMethod({ node: source, request: read }, (tensor) => {
      const moves = movesTo(emit, tensor, shape, request.axes, (indices) => {
        const element = indices.reduce((sum, m, axis) => sum + m * at(op.strides, axis), op.from);
        return indicesOf(element, from);
      });
      return unmasked(emit, moves, tensor) ?? move(emit, moves);
    });
  });
}

/**
 * Returns the methods of a sum over a diagonal, or over other elements at equal distances, of a
 * computed tensor in one ciphertext. Each rotation doubles the number of terms, without a mask; the
 * other slots then contain other sums.
 */
export function steppedSumMethods(
  context: MethodContext,
  { op: { axes }, args: [node], shape }: NodeOf<'sum'>,
): readonly SlotMethod[] {
  const { emit, circuit, slotBits } = context;
  const { op, args } = nodeAt(circuit, node);
  const [source] = args;
  if (op.kind !== 'reindex' || shape.length > 0 || axes.length !== 1) return [];
  if (source === undefined || context.known(source)) return [];
  const from = shapeOf(context, source);
  const [count, step] = [at(op.shape, 0), at(op.strides, 0)];
  const first = indicesOf(op.from, from);
  const steps = indicesOf(step, from);
  const bits = bitsFor(count);
  return usualLayouts(from, context).flatMap((layouts) =>
    // Zeros around the tensor count as terms up to a power of two.
    (count === 2 ** bits ? [false] : [true, false]).flatMap((clean): SlotMethod[] => {
      const terms = clean ? 2 ** bits : count;
      if (!isWithin(layouts, first, steps, terms)) return [];
      const operand = { node: source, request: { axes: layouts, copies: 0, clean } };
      return [
        unaryMethod(operand, ({ tiles }) => {
          const start = emit.rotate(at(tiles, 0), slotOf(first, layouts));
          const sum = sumOfSteps(emit, start, slotOf(steps, layouts), terms);
          const gaps = Array.from({ length: slotBits }, (): Gap => 'garbage');
          return { shape, tiles: [sum], layout: { axes: [], gaps, padding: [] } };
        }),
      ];
    }),
  );
}

/** Whether all terms lie in the first ciphertext, and no step carries from one axis to another. */
function isWithin(
  layouts: readonly AxisLayout[],
  first: readonly number[],
  steps: readonly number[],
  terms: number,
): boolean {
  return layouts.every(
    ({ bits }, axis) => at(first, axis) + (terms - 1) * at(steps, axis) < 2 ** bits,
  );
}

/** Writes the sum of `terms` slots at equal distances into the first of them. */
function sumOfSteps(emit: Emitter, value: number, step: number, terms: number): number {
  let [sum, count] = [value, 1];
  for (let bit = bitsFor(terms + 1) - 2; bit >= 0; bit--) {
    sum = emit.add(sum, emit.rotate(sum, count * step));
    count *= 2;
    if (((terms >> bit) & 1) === 0) continue;
    sum = emit.add(value, emit.rotate(sum, step));
    count++;
  }
  return sum;
}

/**
 * Returns the methods of the running sums of a vector: it is read with zeros around it, of which as
 * many as it has elements lie before it, and each rotation doubles the terms of every sum. Where
 * the slots have no room for the zeros, the sums are a masked rotation for each term.
 */
export function cumsumMethods(
  context: MethodContext,
  { args: [node], shape }: NodeOf<'cumsum'>,
  request: LayoutRequest,
): readonly SlotMethod[] {
  const { emit, slotBits } = context;
  const axis = at(request.axes, 0);
  const n = at(shape, 0);
  const isInOne = n <= 2 ** axis.bits;
  const hasRoom = axis.at + axis.bits < slotBits;
  if (n > 1 && !(isInOne && hasRoom)) {
    const read = { axes: request.axes, copies: 0, clean: false };
    return [unaryMethod({ node, request: read }, (tensor) => maskedSums(emit, tensor))];
  }
  const operand = { node, request: { axes: request.axes, copies: 0, clean: true } };
  return [
    unaryMethod(operand, ({ tiles }) => {
      let sum = at(tiles, 0);
      for (let length = 1; length < n; length *= 2)
        sum = emit.add(sum, emit.rotate(sum, -length * 2 ** axis.at));
      const end = axis.at + axis.bits;
      const gaps = Array.from(
        { length: slotBits },
        (_, bit): Gap => (bit < end ? 'zero' : 'garbage'),
      );
      return { shape, tiles: [sum], layout: { axes: request.axes, gaps, padding: ['garbage'] } };
    }),
  ];
}

function maskedSums(emit: Emitter, tensor: SlotTensor): SlotTensor {
  const { shape, layout, tiles } = tensor;
  const shifts = Array.from({ length: at(shape, 0) }, (_, shift) =>
    movesTo(emit, tensor, shape, layout.axes, ([i = 0]) => (i < shift ? undefined : [i - shift])),
  );
  const byTile = tiles.map((_, tile) => shifts.flatMap((moves) => at(moves.byTile, tile)));
  return move(emit, { shape, axes: layout.axes, byTile });
}
