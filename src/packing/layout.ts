import { at, defined } from '../lookup.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';

/**
 * What lies where a slot bit that no axis uses is 1: the same as where it is 0, zeros, or nothing that is
 * known. A slot is garbage as soon as one of its bits says so.
 */
export type Gap = 'copy' | 'zero' | 'garbage';

/**
 * Where an axis lies: the low `bits` bits of an index are the slot bits from `at` on, what is left of it numbers
 * ciphertexts. `bits` 0 puts every index into a ciphertext of its own.
 */
export interface AxisLayout {
  readonly at: number;
  readonly bits: number;
}

/**
 * Where a tensor's elements lie. A slot's number is read as bits: some are bits of an axis's index, the others are
 * gaps. Extents need not be powers of two; what lies behind an axis's last index is its padding. The states of gaps
 * and padding decide when a mask must be paid for.
 *
 * Layouts by bits are those of "Fhelipe: A Tensor Compiler for FHE" (Krastev et al., 2024), with garbage besides.
 */
export interface Layout {
  readonly axes: readonly AxisLayout[];
  /** For each slot bit; `zero` where an axis uses the bit. */
  readonly gaps: readonly Gap[];
  /** For each axis. */
  readonly padding: readonly ('zero' | 'garbage')[];
}

/** A tensor in slots: a value for each ciphertext, row-major by the numbers that axes give them. */
export interface SlotTensor {
  readonly shape: Shape;
  readonly layout: Layout;
  readonly tiles: readonly number[];
}

/** How a tensor is wanted. */
export interface LayoutRequest {
  readonly axes: readonly AxisLayout[];
  /** Slot bits, as a bit set, that must be copies. */
  readonly copies: number;
  /** Whether all else must be zeros. */
  readonly clean: boolean;
}

/** A request as text, for tables. */
export function requestKey({ axes, copies, clean }: LayoutRequest): string {
  return `${axes.map(({ at, bits }) => `${at}+${bits}`).join()};${copies}${clean ? ';clean' : ''}`;
}

/** A shape and where it lies, as text, for tables. */
export function layoutKey(shape: Shape, axes: readonly AxisLayout[]): string {
  return `${shape.join('x')}:${axes.map(({ at, bits }) => `${at}+${bits}`).join()}`;
}

/** The least number of bits that holds the indices below `extent`. */
export function bitsFor(extent: number): number {
  return extent <= 1 ? 0 : 32 - Math.clz32(extent - 1);
}

/** Slot bits of some axes, as a bit set. */
export function bitsOf(axes: readonly AxisLayout[]): number {
  return axes.reduce((set, place) => set | axisBits(place), 0);
}

/** Slot bits of an axis, as a bit set. */
export function axisBits({ at, bits }: AxisLayout): number {
  return ((1 << bits) - 1) << at;
}

/** Whether a bit set has a bit. */
export function hasBit(set: number, bit: number): boolean {
  return ((set >> bit) & 1) === 1;
}

/** Whether axes lie the same way. */
export function sameAxes(a: readonly AxisLayout[], b: readonly AxisLayout[]): boolean {
  return a.every((place, axis) => {
    const other = at(b, axis);
    return place.bits === other.bits && (place.at === other.at || place.bits === 0);
  });
}

/** Ciphertexts along an axis. */
export function tilesAlong(extent: number, { bits }: AxisLayout): number {
  return Math.ceil(extent / 2 ** bits);
}

/** Ciphertexts along each axis. */
export function tileCounts(shape: Shape, axes: readonly AxisLayout[]): number[] {
  return shape.map((extent, axis) => tilesAlong(extent, defined(axes[axis])));
}

/** A layout whose gaps are all alike, but for the bits that a request wants copied. */
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

/** The layout where padding that is not there counts as zeros. */
export function normalized(shape: Shape, layout: Layout): Layout {
  const padding = layout.padding.map((state, axis) =>
    at(shape, axis) % 2 ** at(layout.axes, axis).bits === 0 ? 'zero' : state,
  );
  return { ...layout, padding };
}

/** The box of a tensor's indices that one of its ciphertexts holds. */
export interface Box {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
}

/** The boxes of all ciphertexts, in their order. */
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

/** The indices of the `at`-th element of a box of these extents. */
export function indicesOf(place: number, extents: readonly number[]): number[] {
  const indices = new Array<number>(extents.length);
  let rest = place;
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const extent = defined(extents[axis]);
    indices[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return indices;
}

/** The row-major place of indices in a box of these extents. */
export function rowMajorIndex(indices: readonly number[], extents: readonly number[]): number {
  return indices.reduce((place, index, axis) => place * at(extents, axis) + index, 0);
}

/** Runs of neighbouring copied bits, as copies of a slot map. */
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

/** What a gap holds after a sum or product of values whose gaps hold these. */
export function combineGaps(a: Gap, b: Gap, op: 'add' | 'mul'): Gap {
  if (op === 'mul' && (a === 'zero' || b === 'zero')) return 'zero';
  return a === b ? a : 'garbage';
}

/** Layout of a sum of two tensors that lie alike. */
export function sumLayout(a: Layout, b: Layout): Layout {
  return {
    axes: a.axes,
    gaps: a.gaps.map((gap, bit) => combineGaps(gap, at(b.gaps, bit), 'add')),
    padding: a.padding.map((state, axis) =>
      state === 'zero' && b.padding[axis] === 'zero' ? 'zero' : 'garbage',
    ),
  };
}

/** Whether nothing but the tensor's elements is there. */
export function isClean({ gaps, padding }: Layout): boolean {
  return gaps.every((gap) => gap === 'zero') && padding.every((state) => state === 'zero');
}
