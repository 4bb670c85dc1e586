import { at } from '../lookup.ts';
import { type Shape, sizeOf } from '../tensor/tensor.ts';
import { type Emitter, RELINEARIZATION } from './emitter.ts';
import { mask } from './gaps.ts';
import {
  type AxisLayout,
  axisBits,
  bitsOf,
  combineGaps,
  type Gap,
  hasBit,
  indicesOf,
  normalized,
  rowMajorIndex,
  type SlotTensor,
  tileCounts,
} from './layout.ts';

/** A factor of a contraction and the labels of its axes. */
export interface GridFactor {
  readonly tensor: SlotTensor;
  readonly labels: readonly number[];
}

/** Where a contraction takes place: a grid that has an axis for each label. */
export interface Grid {
  /** Extent of each label. */
  readonly extents: Shape;
  /** Place of each label. Factors lie there, copied along the labels that they lack. */
  readonly axes: readonly AxisLayout[];
  /** Labels below are the result's axes, in order; the others are summed over. */
  readonly rank: number;
}

/**
 * Multiplies one or two tensors elementwise on a grid and sums over labels.
 *
 * Along ciphertexts a sum is additions. Within slots it is a window sum, 2^bits slots by `bits` rotations: right where
 * the label's index is 0. Elsewhere the window reaches into what lies above. Where that is copies of the same, up to the
 * last slot and cyclically from there to the first, the window is right at every index, and the sum is copied along the
 * label for nothing. Where copies end before, it is right in all but the last of them.
 *
 * @param spreads whether a sum goes on through zeros above the label, if it is then right everywhere
 */
export function contract(
  emit: Emitter,
  factors: readonly GridFactor[],
  grid: Grid,
  spreads: boolean,
): SlotTensor {
  const clean = withoutGarbageInSums(emit, factors, grid);
  return sumSlots(emit, productOf(emit, clean, grid), grid, spreads);
}

/** A tensor with an axis for each label; those that are summed over have one ciphertext left. */
interface Product {
  readonly tiles: readonly number[];
  readonly gaps: readonly Gap[];
  readonly padding: readonly ('zero' | 'garbage')[];
}

/** What lies in the padding of a label that is summed over has to be zero in one of the factors. */
function withoutGarbageInSums(
  emit: Emitter,
  factors: readonly GridFactor[],
  { extents, axes: places, rank }: Grid,
): readonly GridFactor[] {
  let clean = factors;
  for (let label = rank; label < extents.length; label++) {
    const isRagged = at(extents, label) % 2 ** at(places, label).bits !== 0;
    if (!isRagged || paddingOf(clean, label) === 'zero') continue;
    const carrying = clean.filter(({ labels }) => labels.includes(label));
    const [first] = [...carrying].sort(
      (a, b) => arrivalLevel(emit, a.tensor) - arrivalLevel(emit, b.tensor),
    );
    clean = clean.map((factor) =>
      factor === first ? { ...factor, tensor: mask(emit, factor.tensor, () => false) } : factor,
    );
  }
  return clean;
}

function paddingOf(factors: readonly GridFactor[], label: number): 'zero' | 'garbage' {
  const isZero = factors.some(({ tensor: held, labels }) =>
    labels.some((own, axis) => own === label && held.layout.padding[axis] === 'zero'),
  );
  return isZero ? 'zero' : 'garbage';
}

/** Rescalings on the longest path to any of a tensor's ciphertexts. */
export function arrivalLevel(emit: Emitter, { tiles }: SlotTensor): number {
  return tiles.reduce((most, tile) => Math.max(most, emit.arrivalLevelOf(tile)), 0);
}

function productOf(emit: Emitter, factors: readonly GridFactor[], grid: Grid): Product {
  const { extents, axes: places, rank } = grid;
  const counts = tileCounts(extents, places);
  const outer = counts.slice(0, rank);
  const inner = counts.slice(rank);
  const layouts = factors.map(({ tensor: held }) => held.layout);
  const tileAt = ({ tensor: held, labels }: GridFactor, indices: readonly number[]) =>
    at(
      held.tiles,
      rowMajorIndex(
        labels.map((label) => at(indices, label)),
        labels.map((label) => at(counts, label)),
      ),
    );
  const tiles = Array.from({ length: sizeOf(outer) }, (_, out) => {
    const terms = Array.from({ length: sizeOf(inner) }, (_, at) => {
      const indices = [...indicesOf(out, outer), ...indicesOf(at, inner)];
      const values = factors.map((factor) => tileAt(factor, indices));
      return values.reduce((a, b) => emit.mul(a, b));
    });
    if (factors.length > 1 && terms.some((term) => emit.isProduct(term)))
      emit.work += RELINEARIZATION;
    return emit.sum(terms);
  });
  const used = bitsOf(places);
  const gaps = at(layouts, 0).gaps.map((gap, bit): Gap => {
    if (hasBit(used, bit)) return 'zero';
    return layouts.slice(1).reduce<Gap>((a, b) => combineGaps(a, at(b.gaps, bit), 'mul'), gap);
  });
  return { tiles, gaps, padding: extents.map((_, label) => paddingOf(factors, label)) };
}

function sumSlots(emit: Emitter, product: Product, grid: Grid, spreads: boolean): SlotTensor {
  const { extents, axes: places, rank } = grid;
  let { tiles, gaps } = product;
  const summed = places.slice(rank).filter(({ bits }) => bits > 0);
  // From the top down: what is summed is copied, which the next sum may profit from.
  const order = summed.sort((a, b) => b.at - a.at);
  let axes = bitsOf(places);
  for (const place of order) {
    const sum = windowOf(place, gaps, axes, spreads);
    tiles = tiles.map((tile) => emit.sumWindow(tile, sum.at, sum.bits));
    gaps = gaps.map((gap, bit): Gap => {
      if (hasBit(axisBits(sum), bit)) return sum.isCopied ? 'copy' : 'garbage';
      return bit === sum.lastCopy ? 'garbage' : gap;
    });
    axes &= ~axisBits(sum);
  }
  const shape = extents.slice(0, rank);
  const layout = { axes: places.slice(0, rank), gaps, padding: product.padding.slice(0, rank) };
  return { shape, tiles, layout: normalized(shape, layout) };
}

/** A sum over slot bits, and what it leaves. */
interface Window extends AxisLayout {
  /** Whether the sum is right at all indices. */
  readonly isCopied: boolean;
  /** The last bit of the copies above, if the sum is right below it only. */
  readonly lastCopy: number | undefined;
}

function windowOf(
  { at, bits }: AxisLayout,
  gaps: readonly Gap[],
  axes: number,
  spreads: boolean,
): Window {
  const runEnd = (from: number, state: Gap): number => {
    let end = from;
    while (end < gaps.length && gaps[end] === state && !hasBit(axes, end)) end++;
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
