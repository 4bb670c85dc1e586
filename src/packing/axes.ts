import type { NodeId } from '../ir/graph.ts';
import { sizeOf } from '../tensor/tensor.ts';
import {
  type AxisPlace,
  bitsOf,
  type Demand,
  type Gap,
  type Held,
  hasBit,
  indicesOf,
  normalized,
  placeOf,
  tileBoxes,
  tileCounts,
} from './layout.ts';
import type { Op, Way, WaysContext } from './way.ts';

/** The way to a transpose: the operand, its axes where the result's are wanted. */
export function permuteWay(a: NodeId, { order }: Op<'permute'>, demand: Demand): Way {
  const axes = new Array<AxisPlace>(order.length);
  order.forEach((from, axis) => {
    axes[from] = demand.axes[axis] as AxisPlace;
  });
  return {
    wants: [{ node: a, demand: { ...demand, axes } }],
    make: ([x]) => permuted(x as Held, order),
  };
}

/** Result axis k is the operand's axis order[k]; ciphertexts change their order with it. */
export function permuted(held: Held, order: readonly number[]): Held {
  const { shape, layout, tiles } = held;
  if (order.every((from, axis) => from === axis)) return held;
  const counts = tileCounts(shape, layout.axes);
  const pick = <T>(values: readonly T[]) => order.map((from) => values[from] as T);
  const moved = tiles.map((_, out) => {
    const indices = new Array<number>(order.length);
    indicesOf(out, pick(counts)).forEach((index, axis) => {
      indices[order[axis] as number] = index;
    });
    return tiles[placeOf(indices, counts)] as number;
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
export function broadcastWays(
  { emit, asWritten, slotBits, circuit }: WaysContext,
  op: Op<'broadcast'>,
  a: NodeId,
  demand: Demand,
): readonly Way[] {
  const { shape } = op;
  const axes = op.axes.map((to) => demand.axes[to] as AxisPlace);
  const spread = bitsOf(demand.axes) & ~bitsOf(axes);
  const isClear = circuit.nodes[a]?.secrecy !== 'cipher';
  const copied: Way = {
    wants: [{ node: a, demand: { axes, copies: spread | demand.copies, clean: false } }],
    make: ([x]) => repeated(x as Held, op, demand.axes),
    penalty: PADDING_PENALTY,
  };
  if (op.axes.length > 0 || isClear) return [copied];
  // A number in the first slot, copied to exactly the slots where it is wanted.
  const filled: Way = {
    wants: [{ node: a, demand: { axes: [], copies: 0, clean: true } }],
    make: ([x]) => {
      const single = (x as Held).tiles[0] as number;
      const boxes = tileBoxes(shape, demand.axes);
      const tiles = boxes.map(({ sizes }) =>
        sizes.reduce(
          (value, size, axis) =>
            emit.copyFirst(value, size, 2 ** (demand.axes[axis] as AxisPlace).at),
          single,
        ),
      );
      const gaps = Array.from({ length: slotBits }, (): Gap => 'zero');
      return {
        shape,
        tiles,
        layout: { axes: demand.axes, gaps, padding: shape.map(() => 'zero') },
      };
    },
  };
  return asWritten ? [filled] : [filled, copied];
}

function repeated(held: Held, op: Op<'broadcast'>, places: readonly AxisPlace[]): Held {
  const { shape } = op;
  const counts = tileCounts(shape, places);
  const from = tileCounts(held.shape, held.layout.axes);
  const tiles = Array.from({ length: sizeOf(counts) }, (_, out) => {
    const indices = indicesOf(out, counts);
    const own = op.axes.map((to) => indices[to] as number);
    return held.tiles[placeOf(own, from)] as number;
  });
  const used = bitsOf(places);
  const padding = shape.map((_, axis) => {
    const source = op.axes.indexOf(axis);
    return source < 0 ? 'garbage' : (held.layout.padding[source] as 'zero' | 'garbage');
  });
  const gaps = held.layout.gaps.map((gap, bit): Gap => (hasBit(used, bit) ? 'zero' : gap));
  return { shape, tiles, layout: normalized(shape, { axes: places, gaps, padding }) };
}
