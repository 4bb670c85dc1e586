import type { Node, NodeId } from '../ir/graph.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';
import type { Emitter } from './emitter.ts';
import { layOut } from './known.ts';
import {
  type AxisPlace,
  bitsFor,
  bitsOf,
  type Demand,
  type Gap,
  type Held,
  hasBit,
  indicesOf,
  type Layout,
  normalized,
  placeOf,
  samePlaces,
  tileCounts,
} from './layout.ts';
import { usualPlaces } from './places.ts';
import { move, movesTo, type Pick } from './rearrange.ts';
import { type Op, shapeOf, type Want, type Way, type WaysContext } from './way.ts';

/** A box of a computed tensor: one rotation, where it does not reach over the edge of a ciphertext. */
export function sliceWays(
  context: WaysContext,
  op: Op<'slice'>,
  node: Node,
  demand: Demand,
): readonly Way[] {
  const source = node.args[0] as NodeId;
  const shape = shapeOf(context, source);
  const kept = [...shape.keys()].filter((axis) => !op.drop[axis]);
  return usualPlaces(shape, context).map((axes) => {
    const places = kept.map((axis) => shrunk(axes[axis] as AxisPlace, op.sizes[axis] as number));
    return {
      wants: [
        { node: source, demand: { axes, copies: demand.copies & ~bitsOf(axes), clean: false } },
      ],
      make: ([x]: readonly Held[]) => {
        const held = x as Held;
        const isNative = samePlaces(places, demand.axes) && isAligned(op, axes);
        if (isNative) return boxOf(context.emit, held, op, kept);
        return rearranged(context.emit, held, node.shape, demand.axes, (indices) => {
          const at = [...op.starts];
          kept.forEach((axis, i) => {
            at[axis] = (at[axis] as number) + (indices[i] as number);
          });
          return at;
        });
      },
    };
  });
}

function shrunk(place: AxisPlace, size: number): AxisPlace {
  return { at: place.at, bits: Math.min(place.bits, bitsFor(size)) };
}

/** Whether a box's ciphertexts are parts of one of the source's ciphertexts each. */
function isAligned({ starts, sizes }: Op<'slice'>, axes: readonly AxisPlace[]): boolean {
  return axes.every(({ bits }, axis) => {
    const [start, size] = [starts[axis] as number, sizes[axis] as number];
    const tile = 2 ** bits;
    const isInside = Math.floor(start / tile) === Math.floor((start + size - 1) / tile);
    return isInside || start % tile === 0;
  });
}

function boxOf(emit: Emitter, held: Held, op: Op<'slice'>, kept: readonly number[]): Held {
  const { shape, layout } = held;
  const counts = tileCounts(shape, layout.axes);
  const sliceCounts = op.sizes.map((size, axis) =>
    Math.ceil(size / 2 ** (layout.axes[axis] as AxisPlace).bits),
  );
  const steps = op.starts.reduce((sum, start, axis) => {
    const { at, bits } = layout.axes[axis] as AxisPlace;
    return sum + (start % 2 ** bits) * 2 ** at;
  }, 0);
  const tiles = Array.from({ length: sizeOf(sliceCounts) }, (_, out) => {
    const numbers = indicesOf(out, sliceCounts).map(
      (index, axis) =>
        index + ((op.starts[axis] as number) >> (layout.axes[axis] as AxisPlace).bits),
    );
    return emit.rotate(held.tiles[placeOf(numbers, counts)] as number, steps);
  });
  const axes = kept.map((axis) => shrunk(layout.axes[axis] as AxisPlace, op.sizes[axis] as number));
  const freed = bitsOf(layout.axes) & ~bitsOf(axes);
  const gaps = layout.gaps.map((gap, bit): Gap => (hasBit(freed, bit) ? 'garbage' : gap));
  const sizes = kept.map((axis) => op.sizes[axis] as number);
  const padding = kept.map((axis) => {
    const isWhole = op.sizes[axis] === shape[axis];
    return isWhole ? (layout.padding[axis] as 'zero' | 'garbage') : 'garbage';
  });
  return { shape: sizes, tiles, layout: normalized(sizes, { axes, gaps, padding }) };
}

/**
 * Cyclic in the vector's own length n. Where the vector with its copies fills all slots, one rotation; else the two parts
 * come from two rotations, which meet without a mask if at least n slots behind the vector are zero.
 */
export function rotateWays(
  { emit, slotBits }: WaysContext,
  steps: number,
  node: Node,
  demand: Demand,
): readonly Way[] {
  const [source = -1] = node.args;
  const [n = 1] = node.shape;
  const [place] = demand.axes as [AxisPlace];
  const size = 2 ** place.bits;
  const above = ((1 << slotBits) - 1) & ~((1 << (place.at + place.bits)) - 1);
  const shift = ((steps % n) + n) % n;
  const rotated = (held: Held, by: number) =>
    emit.rotate(held.tiles[0] as number, by * 2 ** place.at);
  if (n === size) {
    const make = ([x]: readonly Held[]) => ({
      ...(x as Held),
      tiles: [rotated(x as Held, shift)],
    });
    return [
      { wants: [{ node: source, demand: { ...demand, copies: demand.copies | above } }], make },
    ];
  }
  const clean = { axes: demand.axes, copies: 0, clean: true };
  const hasRoom = place.at + place.bits < slotBits && n < size;
  if (hasRoom) {
    const make = ([x]: readonly Held[]): Held => {
      const held = x as Held;
      const tile = emit.add(rotated(held, shift), rotated(held, shift - n));
      const gaps = held.layout.gaps.map((gap, bit): Gap => (hasBit(above, bit) ? 'garbage' : gap));
      return { ...held, tiles: [tile], layout: { axes: demand.axes, gaps, padding: ['garbage'] } };
    };
    return [{ wants: [{ node: source, demand: clean }], make }];
  }
  const make = ([x]: readonly Held[]) =>
    rearranged(emit, x as Held, [n], demand.axes, ([i = 0]) => [(i + shift) % n]);
  return [{ wants: [{ node: source, demand: { ...clean, clean: false } }], make }];
}

/** One tensor behind the other along the first axis; zeros around each let them be added up. */
export function joinWays(context: WaysContext, node: Node, demand: Demand): readonly Way[] {
  const { emit } = context;
  const isStack = node.op.kind === 'stack';
  const [first, ...rest] = demand.axes as [AxisPlace, ...AxisPlace[]];
  const parts = node.args.map((arg) => ({ arg, shape: shapeOf(context, arg) }));
  const isOneTile = (node.shape[0] as number) <= 2 ** first.bits;
  if (!isOneTile && first.bits > 0) return movedParts(context, node, demand);
  // Indices that are ciphertexts of their own stay apart.
  const isApart = first.bits === 0;
  let offset = 0;
  const placed = parts.map(({ arg, shape }) => {
    const at = offset;
    offset += isStack ? 1 : (shape[0] as number);
    const axes = isStack ? rest : [shrunk(first, shape[0] as number), ...rest];
    const want = isApart
      ? { axes, copies: demand.copies, clean: demand.clean }
      : { axes, copies: 0, clean: true };
    return { arg, base: isApart ? 0 : at * 2 ** first.at, demand: want };
  });
  // What is known is put into its place at once.
  const computed = placed.filter(({ arg }) => !context.known(arg));
  const make = (helds: readonly Held[]): Held => {
    let next = 0;
    const all = placed.map(({ arg, base, demand: want }): Held => {
      const known = context.known(arg);
      if (known) return layOut(emit, known, want, base);
      const held = helds[next++] as Held;
      return { ...held, tiles: held.tiles.map((tile) => emit.rotate(tile, -base)) };
    });
    const gaps = Array.from({ length: context.slotBits }, (): Gap => 'zero');
    const layout: Layout = { axes: demand.axes, gaps, padding: node.shape.map(() => 'zero') };
    if (isApart) {
      const tiles = all.flatMap((part) => part.tiles);
      return { shape: node.shape, tiles, layout: commonLayout(layout, all, isStack) };
    }
    const tiles = (all[0] as Held).tiles.map((_, i) =>
      emit.sum(all.map((part) => part.tiles[i] as number)),
    );
    return { shape: node.shape, tiles, layout };
  };
  return [{ wants: computed.map(({ arg, demand: want }) => ({ node: arg, demand: want })), make }];
}

/** What can be said of ciphertexts side by side: what holds for each of them. */
function commonLayout(layout: Layout, parts: readonly Held[], isStack: boolean): Layout {
  const gaps = layout.gaps.map((_, bit): Gap => {
    const states = new Set(parts.map((part) => part.layout.gaps[bit] as Gap));
    return states.size === 1 ? ([...states][0] as Gap) : 'garbage';
  });
  const used = bitsOf(layout.axes);
  return {
    axes: layout.axes,
    gaps: gaps.map((gap, bit) => (hasBit(used, bit) ? 'zero' : gap)),
    padding: layout.padding.map((_, axis) => {
      const isZero = parts.every(
        (part) =>
          (isStack && axis === 0) || part.layout.padding[isStack ? axis - 1 : axis] === 'zero',
      );
      return isZero ? 'zero' : 'garbage';
    }),
  };
}

/** Parts that lie across the edges of ciphertexts are rearranged, each into the whole. */
function movedParts(context: WaysContext, node: Node, demand: Demand): readonly Way[] {
  const { emit } = context;
  const isStack = node.op.kind === 'stack';
  const wants = node.args.map((arg): Want => {
    const [axes] = usualPlaces(shapeOf(context, arg), context) as [readonly AxisPlace[]];
    return { node: arg, demand: { axes, copies: 0, clean: false } };
  });
  const make = (helds: readonly Held[]): Held => {
    let offset = 0;
    const moved = helds.map((held) => {
      const from = offset;
      const count = isStack ? 1 : (held.shape[0] as number);
      offset += count;
      return rearranged(emit, held, node.shape, demand.axes, ([index = 0, ...others]) => {
        if (index < from || index >= from + count) return undefined;
        return isStack ? others : [index - from, ...others];
      });
    });
    const [whole] = moved as [Held];
    const tiles = whole.tiles.map((_, i) =>
      moved.map((part) => part.tiles[i] as number).reduce((x, y) => addNonZero(emit, x, y)),
    );
    return { ...whole, tiles };
  };
  return [{ wants, make }];
}

function addNonZero(emit: Emitter, a: number, b: number): number {
  if (emit.isZero(a)) return b;
  return emit.isZero(b) ? a : emit.add(a, b);
}

/** Any rearrangement of a tensor's elements. */
function rearranged(
  emit: Emitter,
  source: Held,
  shape: Shape,
  axes: readonly AxisPlace[],
  pick: Pick,
): Held {
  return move(emit, movesTo(emit, source, shape, axes, pick));
}
