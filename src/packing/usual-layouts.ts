import { type Shape, sizeOf } from '../tensor/tensor.ts';
import { type AxisLayout, bitsFor, bitsOf, hasBit, tileCounts } from './layout.ts';

/** Ciphertexts that one tensor is put into where fewer would do. */
const MOST_SPREAD = 512;
/** Times the ciphertexts that a grid of full ones would take. */
const MOST_EMPTY = 8;

/** Where tensors may lie, among slots of 2^slotBits. */
export interface LayoutRules {
  readonly slotBits: number;
  /** Slot bits that matrices leave between rows and columns, where sums of rows find copies. */
  readonly spareBits: number;
  /** Whether the circuit has matrices, whose axes vectors lie along: otherwise vectors lie in one way. */
  readonly hasGrids: boolean;
  /** Whether only the default packing is wanted: rows outer, columns inner. */
  readonly asWritten: boolean;
}

/** An axis in a ciphertext for each index. */
export const ACROSS: AxisLayout = { at: 0, bits: 0 };

/** An axis in the lowest slot bits. */
export function inner(extent: number, slotBits: number): AxisLayout {
  return { at: 0, bits: Math.min(bitsFor(extent), slotBits) };
}

/** An axis in the highest slot bits. */
export function outer(extent: number, slotBits: number): AxisLayout {
  const bits = Math.min(bitsFor(extent), slotBits);
  return { at: slotBits - bits, bits };
}

/**
 * The usual ways for a tensor to lie: a vector along the inner or the outer slot bits, a matrix with its rows outer and
 * its columns inner or the other way round, the matrices of a tensor of rank 3 in ciphertexts of their own. Where slots do
 * not suffice, one of the axes goes on across ciphertexts.
 */
export function usualLayouts(shape: Shape, rules: LayoutRules): readonly (readonly AxisLayout[])[] {
  const { slotBits, spareBits, hasGrids, asWritten } = rules;
  const [first = 1, second = 1, third = 1] = shape;
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
      return [low, high, { at: 0, bits }, { at: slotBits - bits, bits }].map((place) => [place]);
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
      return usualLayouts([second, third], rules).map((places) => [ACROSS, ...places]);
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
  // A grid that has to be cut anyway may as well fill its ciphertexts.
  return highBits + lowBits > slotBits && room < slotBits
    ? [...cut(room), ...cut(slotBits)]
    : cut(room);
}

function distinct(all: readonly (readonly AxisLayout[])[]): readonly (readonly AxisLayout[])[] {
  const seen = new Map<string, readonly AxisLayout[]>();
  for (const places of all) {
    const key = JSON.stringify(places);
    if (!seen.has(key)) seen.set(key, places);
  }
  return [...seen.values()];
}

/**
 * Places for labels that are summed over, beside labels that have places: in each run of free slot bits, as low as
 * can be or, at the top, as high, and across ciphertexts.
 */
export function summedLayouts(
  extents: Shape,
  taken: readonly AxisLayout[],
  rules: LayoutRules,
): readonly (readonly AxisLayout[])[] {
  const [first, ...rest] = extents;
  if (first === undefined) return [[]];
  return placesBeside(first, bitsOf(taken), rules).flatMap((place) =>
    summedLayouts(rest, [...taken, place], rules).map((others) => [place, ...others]),
  );
}

function placesBeside(extent: number, taken: number, rules: LayoutRules): readonly AxisLayout[] {
  const { slotBits, hasGrids, asWritten } = rules;
  const wanted = bitsFor(extent);
  if (wanted === 0) return [ACROSS];
  const spare = taken === 0 ? 0 : rules.spareBits;
  const places = freeRuns(taken, slotBits).flatMap(({ from, to }): AxisLayout[] => {
    const room = to - from;
    const spares = spare > 0 && wanted > room - spare ? [spare, 0] : [spare];
    return spares.flatMap((left) => placesIn(from, to, Math.min(wanted, room - left)));
  });
  const isForced = places.length === 0;
  if (!isForced && (!hasGrids || asWritten)) return places;
  return extent <= MOST_SPREAD || isForced ? [...places, ACROSS] : places;

  function placesIn(from: number, to: number, bits: number): readonly AxisLayout[] {
    if (bits <= 0) return [];
    const low = { at: from, bits };
    const high = { at: to - bits, bits };
    const ways = [
      ...(from === 0 || to < slotBits ? [low] : []),
      ...(to === slotBits ? [high] : []),
    ];
    return ways.length > 1 && (!hasGrids || asWritten || low.at === high.at) ? [low] : ways;
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

/** Whether a grid takes no more ciphertexts than it should: slots that stay empty are multiplied, too. */
export function isReasonable(
  extents: Shape,
  places: readonly AxisLayout[],
  slotBits: number,
): boolean {
  return (
    sizeOf(tileCounts(extents, places)) <= MOST_EMPTY * Math.ceil(sizeOf(extents) / 2 ** slotBits)
  );
}
