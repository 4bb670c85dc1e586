import { at } from '../lookup.ts';
import { indicesOf, type Shape, sizeOf } from '../tensor/tensor.ts';
import type { Emitter } from './emitter.ts';
import {
  type AxisLayout,
  type Box,
  bitsOf,
  type Gap,
  hasBit,
  normalized,
  rowMajorIndex,
  type SlotTensor,
  tileBoxes,
  tileCounts,
} from './layout.ts';
import { type Diagonal, linearMap } from './linear-map.ts';

/** Returns the indices of the source's element at indices of the result; undefined for a zero. */
export type ElementAt = (indices: readonly number[]) => readonly number[] | undefined;

/** A range of indices along the first axis, without its end. */
export interface RowRange {
  readonly from: number;
  readonly end: number;
}

/** Moves of elements into each ciphertext of a result; one move for each offset and source. */
export interface Moves {
  readonly shape: Shape;
  readonly axes: readonly AxisLayout[];
  readonly byTile: readonly (readonly Diagonal[])[];
}

/**
 * Returns the moves that rearrange a tensor's elements.
 *
 * @param shape extents of the result
 * @param axes layout of the result
 * @param pick gives the source's element at indices of the result
 * @param rows the range of the first axis that has elements of the source; the others are zeros
 */
export function movesTo(
  emit: Emitter,
  source: SlotTensor,
  shape: Shape,
  axes: readonly AxisLayout[],
  pick: ElementAt,
  rows: RowRange = { from: 0, end: shape[0] ?? 1 },
): Moves {
  const byTile = tileBoxes(shape, axes).map((box) =>
    movesInto(emit, source, box, axes, pick, rows),
  );
  return { shape, axes, byTile };
}

/**
 * Rearranges a tensor: masks and rotates each move, and adds them up. Costs a level and leaves
 * zeros in all other slots.
 */
export function move(emit: Emitter, { shape, axes, byTile }: Moves): SlotTensor {
  const gaps = Array.from({ length: Math.log2(emit.slots) }, (): Gap => 'zero');
  const layout = { axes, gaps, padding: shape.map(() => 'zero' as const) };
  return { shape, tiles: linearMap(emit, byTile), layout };
}

/**
 * Rearranges a tensor by rotations alone; undefined if elements of one ciphertext come from several
 * ciphertexts or move by different offsets.
 *
 * @param source the tensor of which the moves are
 */
export function unmasked(
  emit: Emitter,
  { shape, axes, byTile }: Moves,
  source: SlotTensor,
): SlotTensor | undefined {
  if (byTile.some((moves) => moves.length !== 1)) return undefined;
  const moves = byTile.map((each) => at(each, 0));
  const tiles = moves.map(({ source: tile, offset }) => emit.rotate(tile, offset));
  const isStill = moves.every(({ offset }) => offset === 0);
  const freed = bitsOf(source.layout.axes) & ~bitsOf(axes);
  const gaps = source.layout.gaps.map((gap, bit): Gap => {
    if (hasBit(bitsOf(axes), bit)) return 'zero';
    return isStill && !hasBit(freed, bit) ? gap : 'garbage';
  });
  const padding = shape.map(() => 'garbage' as const);
  return { shape, tiles, layout: normalized(shape, { axes, gaps, padding }) };
}

function movesInto(
  emit: Emitter,
  source: SlotTensor,
  box: Box,
  axes: readonly AxisLayout[],
  pick: ElementAt,
  rows: RowRange,
): readonly Diagonal[] {
  const moves = new Map<string, { source: number; offset: number; ones: number[] }>();
  // Elements lie row by row, so those of the rows are consecutive.
  const [first, count] = [box.starts[0] ?? 0, box.sizes[0] ?? 1];
  const perRow = sizeOf(box.sizes.slice(1));
  const begin = perRow * Math.max(0, rows.from - first);
  const end = perRow * Math.min(count, rows.end - first);
  for (let i = begin; i < end; i++) {
    const local = indicesOf(i, box.sizes);
    const from = pick(local.map((index, axis) => index + at(box.starts, axis)));
    if (!from) continue;
    const to = slotOf(local, axes);
    const { tile, slot } = locate(source, from);
    const offset = (slot - to + emit.slots) % emit.slots;
    const key = `${tile}<<${offset}`;
    const move = moves.get(key) ?? { source: tile, offset, ones: [] };
    moves.set(key, move);
    move.ones.push(to);
  }
  return [...moves.values()].map(({ source: value, offset, ones }) => ({
    source: value,
    offset,
    weights: { kind: 'mask', ones },
  }));
}

/** Returns the ciphertext and the slot of an element. */
function locate({ shape, layout, tiles }: SlotTensor, indices: readonly number[]) {
  const numbers = indices.map((index, axis) => index >> at(layout.axes, axis).bits);
  const tile = at(tiles, rowMajorIndex(numbers, tileCounts(shape, layout.axes)));
  const local = indices.map((index, axis) => index & (2 ** at(layout.axes, axis).bits - 1));
  return { tile, slot: slotOf(local, layout.axes) };
}

/** Returns the slot of an element of a ciphertext, by its indices there along each axis. */
export function slotOf(indices: readonly number[], axes: readonly AxisLayout[]): number {
  return indices.reduce((slot, index, axis) => slot + index * 2 ** at(axes, axis).at, 0);
}
