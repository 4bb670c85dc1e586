import { at } from '../lookup.ts';
import { labelStrides } from '../tensor/op.ts';
import { offsetsOf, type Shape, sizeOf } from '../tensor/tensor.ts';
import { type Emitter, RELINEARIZATION } from './emitter.ts';
import { hasGarbage, mask } from './gaps.ts';
import {
  type AxisLayout,
  axisBits,
  bitsOf,
  combineGaps,
  type Gap,
  hasBit,
  normalized,
  type SlotTensor,
  tileCounts,
} from './layout.ts';

/** A factor of a contraction and the labels of its axes. */
export interface GridFactor {
  readonly tensor: SlotTensor;
  readonly labels: readonly number[];
}

/** The slots in which a contraction is computed: a grid that has an axis for each label. */
export interface Grid {
  /** Extent of each label. */
  readonly extents: Shape;
  /** Layout of each label. Factors lie there, copied along the labels that they lack. */
  readonly axes: readonly AxisLayout[];
  /** Labels below `rank` are the result's axes, in order; the others are summed over. */
  readonly rank: number;
}

/**
 * Multiplies one or two tensors elementwise on a grid and sums over labels.
 *
 * A sum across ciphertexts takes only additions. A sum within slots is a window sum, which adds up
 * 2^bits slots by `bits` rotations. It is correct in the slots whose index along the label is 0; in
 * other slots the window reaches into the slots above. If those are copies up to the last slot,
 * which are followed cyclically by the first, the sum is correct at every index: it is copied along
 * the label without further cost. If copies end below the last slot, it is correct in all copies
 * but the last.
 */
export function contract(
  emit: Emitter,
  factors: readonly GridFactor[],
  grid: Grid,
  windows: Windows,
): SlotTensor {
  const clean = withoutGarbageInSums(emit, factors, grid, windows);
  return sumSlots(emit, productOf(emit, clean, grid), grid, windows);
}

/** How window sums are written. */
export interface Windows {
  /**
   * Whether a sum continues through zeros above its label if that makes it correct everywhere.
   */
  readonly spread: boolean;
  /**
   * Whether a sum over a label with garbage in its padding adds up only the label's extent. It is
   * then correct only in the slots whose index is 0. If not, a factor is masked first.
   */
  readonly stopAtExtent: boolean;
}

/** Whether a label has padding, all in one ciphertext: a window sum can stop before it. */
export function hasPadding(extent: number, { bits }: AxisLayout): boolean {
  return extent < 2 ** bits;
}

/** A product with an axis for each label, already summed across ciphertexts. */
interface Product {
  readonly tiles: readonly number[];
  readonly gaps: readonly Gap[];
  readonly padding: readonly ('zero' | 'garbage')[];
}

/** Masks factors so that in the padding of every summed label at least one factor is zero. */
function withoutGarbageInSums(
  emit: Emitter,
  factors: readonly GridFactor[],
  { extents, axes, rank }: Grid,
  { stopAtExtent }: Windows,
): readonly GridFactor[] {
  let clean = factors;
  for (let label = rank; label < extents.length; label++) {
    const isRagged = at(extents, label) % 2 ** at(axes, label).bits !== 0;
    if (!isRagged || paddingOf(clean, label) === 'zero') continue;
    if (stopAtExtent && hasPadding(at(extents, label), at(axes, label))) continue;
    const withLabel = clean.filter(({ labels }) => labels.includes(label));
    const [first] = [...withLabel].sort(
      (a, b) => arrivalLevel(emit, a.tensor) - arrivalLevel(emit, b.tensor),
    );
    clean = clean.map((factor) =>
      factor === first ? { ...factor, tensor: mask(emit, factor.tensor, () => false) } : factor,
    );
  }
  return clean;
}

function paddingOf(factors: readonly GridFactor[], label: number): 'zero' | 'garbage' {
  const isZero = factors.some(({ tensor, labels }) =>
    labels.some((own, axis) => own === label && tensor.layout.padding[axis] === 'zero'),
  );
  return isZero ? 'zero' : 'garbage';
}

/** Whether a factor has garbage in the padding of a label. */
function hasGarbageAlong(factors: readonly GridFactor[], label: number): boolean {
  return factors.some(({ tensor, labels }) =>
    labels.some((own, axis) => own === label && tensor.layout.padding[axis] === 'garbage'),
  );
}

/** Returns a tensor's arrival level: rescalings on the longest path to any of its ciphertexts. */
export function arrivalLevel(emit: Emitter, { tiles }: SlotTensor): number {
  return tiles.reduce((most, tile) => Math.max(most, emit.arrivalLevelOf(tile)), 0);
}

function productOf(emit: Emitter, factors: readonly GridFactor[], grid: Grid): Product {
  const { extents, axes, rank } = grid;
  const counts = tileCounts(extents, axes);
  const outer = counts.slice(0, rank);
  const inner = counts.slice(rank);
  const layouts = factors.map(({ tensor }) => tensor.layout);
  // The tiles of each factor in the order of the grid's, outer labels first.
  const operands = factors.map((factor) => tilesOnGrid(factor, counts));
  const summed = sizeOf(inner);
  const tiles = Array.from({ length: sizeOf(outer) }, (_, out) => {
    const terms = Array.from({ length: summed }, (_, i) =>
      operands.map((tiles) => at(tiles, out * summed + i)).reduce((a, b) => emit.mul(a, b)),
    );
    if (factors.length > 1 && terms.some((term) => emit.isProduct(term)))
      emit.work += RELINEARIZATION;
    return emit.sum(terms);
  });
  // What one factor clears, the other may have as garbage: two factors with garbage of their own
  // do not clear each other's.
  const op = layouts.filter(hasGarbage).length > 1 ? 'add' : 'mul';
  const used = bitsOf(axes);
  const gaps = at(layouts, 0).gaps.map((gap, bit): Gap => {
    if (hasBit(used, bit)) return 'zero';
    return layouts.slice(1).reduce<Gap>((a, b) => combineGaps(a, at(b.gaps, bit), op), gap);
  });
  const padding = extents.map((_, label) =>
    op === 'add' && hasGarbageAlong(factors, label) ? 'garbage' : paddingOf(factors, label),
  );
  return { tiles, gaps, padding };
}

/** Returns a factor's tiles at all positions of a grid of tiles, row-major. */
function tilesOnGrid({ tensor, labels }: GridFactor, counts: readonly number[]): number[] {
  const own = labels.map((label) => at(counts, label));
  const strides = labelStrides(labels, own, counts.length);
  return offsetsOf(counts, strides, 0).map((tile) => at(tensor.tiles, tile));
}

function sumSlots(
  emit: Emitter,
  product: Product,
  { extents, axes, rank }: Grid,
  { spread }: Windows,
): SlotTensor {
  let { tiles, gaps } = product;
  const summed = axes.flatMap((axis, label) =>
    label >= rank && axis.bits > 0 ? [{ axis, label }] : [],
  );
  // From the top down: a summed label leaves copies, which the next sum can use.
  const order = summed.sort((a, b) => b.axis.at - a.axis.at);
  let used = bitsOf(axes);
  for (const { axis, label } of order) {
    // No label has garbage across ciphertexts: a factor was masked then.
    if (product.padding[label] === 'garbage' && hasPadding(at(extents, label), axis)) {
      tiles = tiles.map((tile) => emit.sumFirst(tile, axis.at, at(extents, label)));
      gaps = gaps.map((gap, bit): Gap => (hasBit(axisBits(axis), bit) ? 'garbage' : gap));
      used &= ~axisBits(axis);
      continue;
    }
    const sum = windowOf(axis, gaps, used, spread);
    tiles = tiles.map((tile) => emit.sumWindow(tile, sum.at, sum.bits));
    gaps = gaps.map((gap, bit): Gap => {
      if (hasBit(axisBits(sum), bit)) return sum.isCopied ? 'copy' : 'garbage';
      return bit === sum.lastCopy ? 'garbage' : gap;
    });
    used &= ~axisBits(sum);
  }
  const shape = extents.slice(0, rank);
  const layout = { axes: axes.slice(0, rank), gaps, padding: product.padding.slice(0, rank) };
  return { shape, tiles, layout: normalized(shape, layout) };
}

/** A window sum along slot bits, and the slots in which it is correct. */
interface Window extends AxisLayout {
  /** Whether the sum is correct at all indices. */
  readonly isCopied: boolean;
  /** The highest bit of the copies above, if the sum is correct only below it. */
  readonly lastCopy: number | undefined;
}

function windowOf(
  { at, bits }: AxisLayout,
  gaps: readonly Gap[],
  used: number,
  spreads: boolean,
): Window {
  const runEnd = (from: number, state: Gap): number => {
    let end = from;
    while (end < gaps.length && gaps[end] === state && !hasBit(used, end)) end++;
    return end;
  };
  const zerosEnd = spreads ? runEnd(at + bits, 'zero') : at + bits;
  if (runEnd(zerosEnd, 'copy') === gaps.length)
    return { at, bits: zerosEnd - at, isCopied: true, lastCopy: undefined };
  const end = runEnd(at + bits, 'copy');
  if (end === gaps.length) return { at, bits, isCopied: true, lastCopy: undefined };
  const hasCopies = end > at + bits;
  return { at, bits, isCopied: hasCopies, lastCopy: hasCopies ? end - 1 : undefined };
}
