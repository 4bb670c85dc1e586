import { at, defined } from '../lookup.ts';
import { indicesOf, type Shape, sizeOf } from '../tensor/tensor.ts';

/**
 * What the slots contain in which an unused slot bit is 1: a copy of the slots in which the bit is
 * 0, zeros, or unknown numbers. A slot contains garbage if any of its bits is a garbage gap.
 */
export type Gap = 'copy' | 'zero' | 'garbage';

/**
 * How one axis lies in slots: the lowest `bits` bits of an index are the slot bits from `at` on.
 * The other bits of the index are the number of the ciphertext. With `bits` 0 every index has a
 * ciphertext of its own.
 */
export interface AxisLayout {
  readonly at: number;
  readonly bits: number;
}

/**
 * How a tensor's elements lie in slots. The bits of a slot's number are bits of an axis's index, or
 * gaps. Extents need not be powers of two: the slots after an axis's last index are its padding.
 * Contents of gaps and padding decide where a mask is needed.
 *
 * Layouts by bits are those of "Fhelipe: A Tensor Compiler for FHE" (Krastev et al., 2024), to
 * which this one adds garbage.
 */
export interface Layout {
  readonly axes: readonly AxisLayout[];
  /** The gap of each slot bit; `zero` where an axis uses the bit. */
  readonly gaps: readonly Gap[];
  /** Contents of each axis's padding. */
  readonly padding: readonly ('zero' | 'garbage')[];
}

/**
 * A tensor in slots: a value for each ciphertext, row-major by the ciphertext number of each axis.
 */
export interface SlotTensor {
  readonly shape: Shape;
  readonly layout: Layout;
  readonly tiles: readonly number[];
}

/** The layout that a reader of a tensor needs. */
export interface LayoutRequest {
  readonly axes: readonly AxisLayout[];
  /** Bit set of the slot bits that must be copies. */
  readonly copies: number;
  /** Whether all other gaps and the padding must be zeros. */
  readonly clean: boolean;
}

/** Returns a request as text, as a key of maps. */
export function requestKey({ axes, copies, clean }: LayoutRequest): string {
  return `${axes.map(({ at, bits }) => `${at}+${bits}`).join()};${copies}${clean ? ';clean' : ''}`;
}

/** Returns a shape and the layout of its axes as text, as a key of maps. */
export function layoutKey(shape: Shape, axes: readonly AxisLayout[]): string {
  return `${shape.join('x')}:${axes.map(({ at, bits }) => `${at}+${bits}`).join()}`;
}

/** Returns the fewest bits in which all indices below `extent` can be written. */
export function bitsFor(extent: number): number {
  return extent <= 1 ? 0 : 32 - Math.clz32(extent - 1);
}

/** Returns the bit set of the slot bits that some axes use. */
export function bitsOf(axes: readonly AxisLayout[]): number {
  return axes.reduce((set, axis) => set | axisBits(axis), 0);
}

/** Returns the bit set of the slot bits that an axis uses. */
export function axisBits({ at, bits }: AxisLayout): number {
  return ((1 << bits) - 1) << at;
}

/** Whether a bit set contains a bit. */
export function hasBit(set: number, bit: number): boolean {
  return ((set >> bit) & 1) === 1;
}

/** Whether two lists of axes lie in the same slots. */
export function sameAxes(a: readonly AxisLayout[], b: readonly AxisLayout[]): boolean {
  return a.every((layout, axis) => {
    const other = at(b, axis);
    return layout.bits === other.bits && (layout.at === other.at || layout.bits === 0);
  });
}

/** Returns the number of ciphertexts along an axis. */
export function tilesAlong(extent: number, { bits }: AxisLayout): number {
  return Math.ceil(extent / 2 ** bits);
}

/** Returns the number of ciphertexts along each axis. */
export function tileCounts(shape: Shape, axes: readonly AxisLayout[]): number[] {
  return shape.map((extent, axis) => tilesAlong(extent, defined(axes[axis])));
}

/** Returns a layout with copies where a request needs them and the same gap in all other bits. */
export function layoutOf(shape: Shape, request: LayoutRequest, slotBits: number, gap: Gap): Layout {
  const used = bitsOf(request.axes);
  return {
    axes: request.axes,
    gaps: Array.from({ length: slotBits }, (_, bit): Gap => {
      if (hasBit(used, bit)) return 'zero';
      return hasBit(request.copies, bit) ? 'copy' : gap;
    }),
    padding: shape.map(() => 'zero'),
  };
}

/** Returns the layout with `zero` as the padding of every axis that has no padding. */
export function normalized(shape: Shape, layout: Layout): Layout {
  const padding = layout.padding.map((state, axis) =>
    at(shape, axis) % 2 ** at(layout.axes, axis).bits === 0 ? 'zero' : state,
  );
  return { ...layout, padding };
}

/** The box of a tensor's indices whose elements lie in one ciphertext. */
export interface Box {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
}

/** Returns the boxes of all ciphertexts, in the order of the ciphertexts. */
export function tileBoxes(shape: Shape, axes: readonly AxisLayout[]): readonly Box[] {
  const counts = tileCounts(shape, axes);
  return Array.from({ length: sizeOf(counts) }, (_, tile) => {
    const starts = indicesOf(tile, counts).map((index, axis) => index * 2 ** at(axes, axis).bits);
    const sizes = starts.map((start, axis) =>
      Math.min(2 ** at(axes, axis).bits, at(shape, axis) - start),
    );
    return { starts, sizes };
  });
}

/** Returns the row-major index of an element in a box, by its indices along each axis. */
export function rowMajorIndex(indices: readonly number[], extents: readonly number[]): number {
  return indices.reduce((outer, index, axis) => outer * at(extents, axis) + index, 0);
}

/**
 * Returns the copies of a slot map for gaps: one entry for each run of neighbouring copied bits.
 */
export function copiesOf(gaps: readonly Gap[]): { count: number; stride: number }[] {
  const copies: { count: number; stride: number }[] = [];
  for (let bit = 0; bit < gaps.length; bit++) {
    if (gaps[bit] !== 'copy') continue;
    const from = bit;
    while (gaps[bit + 1] === 'copy') bit++;
    copies.push({ count: 2 ** (bit - from + 1), stride: 2 ** from });
  }
  return copies;
}

/** Returns the gap of a sum or product of two values with these gaps. */
export function combineGaps(a: Gap, b: Gap, op: 'add' | 'mul'): Gap {
  if (op === 'mul' && (a === 'zero' || b === 'zero')) return 'zero';
  return a === b ? a : 'garbage';
}

/** Returns the layout of a sum of two tensors whose axes lie in the same slots. */
export function sumLayout(a: Layout, b: Layout): Layout {
  return {
    axes: a.axes,
    gaps: a.gaps.map((gap, bit) => combineGaps(gap, at(b.gaps, bit), 'add')),
    padding: a.padding.map((state, axis) =>
      state === 'zero' && b.padding[axis] === 'zero' ? 'zero' : 'garbage',
    ),
  };
}

/** Whether all slots beside the tensor's elements are zero. */
export function isClean({ gaps, padding }: Layout): boolean {
  return gaps.every((gap) => gap === 'zero') && padding.every((state) => state === 'zero');
}
