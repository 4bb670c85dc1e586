import { type Shape, sizeOf } from '../tensor/tensor.ts';
import { type AxisLayout, bitsFor, bitsOf, hasBit, tileCounts } from './layout.ts';

/** Limit on the ciphertexts of an axis that is spread across ciphertexts without need. */
const MOST_SPREAD = 512;
/** Limit on a grid's ciphertexts, as a multiple of those that it would take if they were full. */
const MOST_EMPTY = 8;

/** The rules for layouts of tensors in vectors of 2^slotBits slots. */
export interface LayoutRules {
  readonly slotBits: number;
  /** Slot bits that matrices leave free between rows and columns, for copies that row sums read. */
  readonly spareBits: number;
  /** Whether summed axes lie across ciphertexts only where no slots are free for them. */
  readonly sumsInSlots: boolean;
  /** Whether the circuit has matrices. If not, every vector has only one layout. */
  readonly hasGrids: boolean;
  /** Whether only the source form's packing is allowed: rows outer, columns inner. */
  readonly asWritten: boolean;
}

/** The layout of an axis with a ciphertext for each index. */
export const ACROSS: AxisLayout = { at: 0, bits: 0 };

/** Returns the layout of an axis in the lowest slot bits. */
export function inner(extent: number, slotBits: number): AxisLayout {
  return { at: 0, bits: Math.min(bitsFor(extent), slotBits) };
}

/** Returns the layout of an axis in the highest slot bits. */
export function outer(extent: number, slotBits: number): AxisLayout {
  const bits = Math.min(bitsFor(extent), slotBits);
  return { at: slotBits - bits, bits };
}

/**
 * Returns the usual layouts of a tensor: a vector along the inner or the outer slot bits, a matrix
 * with its rows outer and its columns inner or the other way round, and the matrices of a stack in
 * ciphertexts of their own. If there are too few slots, one of the axes continues across
 * ciphertexts.
 */
export function usualLayouts(shape: Shape, rules: LayoutRules): readonly (readonly AxisLayout[])[] {
  const { slotBits, spareBits, hasGrids, asWritten } = rules;
  const [first = 1, second = 1] = shape;
  switch (shape.length) {
    case 0:
      return [[]];
    case 1: {
      const low = inner(first, slotBits);
      const isAlone = !hasGrids || low.bits === slotBits || low.bits === 0;
      if (isAlone) return [[low]];
      const high = outer(first, slotBits);
      if (low.bits <= spareBits) return [[low], [high]];
      const bits = low.bits - spareBits;
      return [low, high, { at: 0, bits }, { at: slotBits - bits, bits }].map((axis) => [axis]);
    }
    case 2: {
      const rowsOuter = pairs(first, second, rules);
      if (asWritten) return rowsOuter;
      return distinct([
        ...rowsOuter,
        ...pairs(second, first, rules).map(([a, b]) => [b, a] as const),
      ]);
    }
    default:
      return usualLayouts(shape.slice(1), rules).map((axes) => [ACROSS, ...axes]);
  }
}

function pairs(
  high: number,
  low: number,
  { slotBits, spareBits, asWritten }: LayoutRules,
): (readonly [AxisLayout, AxisLayout])[] {
  const [highBits, lowBits] = [bitsFor(high), bitsFor(low)];
  const pair = (h: number, l: number) =>
    [
      { at: slotBits - h, bits: h },
      { at: 0, bits: l },
    ] as const;
  const room = Math.max(0, slotBits - spareBits);
  if (highBits + lowBits <= room) return [pair(highBits, lowBits)];
  const cut = (slots: number) => {
    const [l, h] = [Math.min(lowBits, slots), Math.min(highBits, slots)];
    return asWritten ? [pair(slots - l, l)] : [pair(slots - l, l), pair(h, slots - h)];
  };
  // A grid that must be cut anyway is also tried without the spare bits.
  return highBits + lowBits > slotBits && room < slotBits
    ? [...cut(room), ...cut(slotBits)]
    : cut(room);
}

function distinct(all: readonly (readonly AxisLayout[])[]): readonly (readonly AxisLayout[])[] {
  const seen = new Map<string, readonly AxisLayout[]>();
  for (const axes of all) {
    const key = JSON.stringify(axes);
    if (!seen.has(key)) seen.set(key, axes);
  }
  return [...seen.values()];
}

/**
 * Returns the layouts to try for labels that are summed over: in each run of free slot bits as low
 * as possible or, in the highest run, as high as possible, and across ciphertexts.
 *
 * @param extents of the summed labels
 * @param taken layouts of the other labels
 */
export function summedLayouts(
  extents: Shape,
  taken: readonly AxisLayout[],
  rules: LayoutRules,
): readonly (readonly AxisLayout[])[] {
  const [first, ...rest] = extents;
  if (first === undefined) return [[]];
  return layoutsBeside(first, bitsOf(taken), rules).flatMap((layout) =>
    summedLayouts(rest, [...taken, layout], rules).map((others) => [layout, ...others]),
  );
}

function layoutsBeside(extent: number, taken: number, rules: LayoutRules): readonly AxisLayout[] {
  const { slotBits, hasGrids, asWritten, sumsInSlots } = rules;
  const needed = bitsFor(extent);
  if (needed === 0) return [ACROSS];
  const spare = taken === 0 ? 0 : rules.spareBits;
  const layouts = freeRuns(taken, slotBits).flatMap(({ from, to }): AxisLayout[] => {
    const room = to - from;
    const spares = spare > 0 && needed > room - spare ? [spare, 0] : [spare];
    return spares.flatMap((left) => layoutsIn(from, to, Math.min(needed, room - left)));
  });
  const isForced = layouts.length === 0;
  if (!isForced && (!hasGrids || asWritten || sumsInSlots)) return layouts;
  return extent <= MOST_SPREAD || isForced ? [...layouts, ACROSS] : layouts;

  function layoutsIn(from: number, to: number, bits: number): readonly AxisLayout[] {
    if (bits <= 0) return [];
    const low = { at: from, bits };
    const high = { at: to - bits, bits };
    const layouts = [
      ...(from === 0 || to < slotBits ? [low] : []),
      ...(to === slotBits ? [high] : []),
    ];
    return layouts.length > 1 && (!hasGrids || asWritten || low.at === high.at) ? [low] : layouts;
  }
}

function freeRuns(taken: number, slotBits: number): readonly { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (let bit = 0; bit < slotBits; bit++) {
    if (hasBit(taken, bit)) continue;
    const from = bit;
    while (bit + 1 < slotBits && !hasBit(taken, bit + 1)) bit++;
    runs.push({ from, to: bit + 1 });
  }
  return runs;
}

/** Whether the ciphertexts of a grid are full enough: empty slots are multiplied, too. */
export function isReasonable(
  extents: Shape,
  axes: readonly AxisLayout[],
  slotBits: number,
): boolean {
  return (
    sizeOf(tileCounts(extents, axes)) <= MOST_EMPTY * Math.ceil(sizeOf(extents) / 2 ** slotBits)
  );
}
