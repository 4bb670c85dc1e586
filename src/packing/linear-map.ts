import { largestOf } from '../lookup.ts';
import { trimmed } from './clear-tensors.ts';
import type { Emitter } from './emitter.ts';

/** One term of a linear map on slots: a rotated value times clear weights. */
export interface Diagonal {
  readonly source: number;
  /** Left rotation of the source in slots, 0 ≤ offset < slots. */
  readonly offset: number;
  /** Clear weights; that of slot i multiplies the source's slot i + offset. */
  readonly weights: Weights;
}

/** Weights that the compiler knows, the slots whose weight is 1 in a mask, or a clear value. */
export type Weights =
  | { readonly kind: 'data'; readonly data: Float64Array }
  | { readonly kind: 'mask'; readonly ones: readonly number[] }
  | { readonly kind: 'value'; readonly value: number };

/**
 * Writes linear maps of slot vectors, Σ weights ⊙ rot(source, offset), and returns their results.
 * Takes one level.
 *
 * A rotation is split into a baby step of the source and a giant step of a sum, which takes about
 * 2√n rotations for n offsets ("Faster Homomorphic Linear Transformations in HElib", Halevi and
 * Shoup, 2018). All results share the baby steps; all sources of a result share its giant steps.
 *
 * @param results the terms of each result; a result without terms is the constant 0
 */
export function linearMap(emit: Emitter, results: readonly (readonly Diagonal[])[]): number[] {
  const babies = chooseBabySteps(emit, results);
  const rotated = new Map<string, number>();
  const rotate = (source: number, offset: number): number => {
    const key = `${source}<<${offset}`;
    const known = rotated.get(key) ?? emit.rotate(source, offset);
    rotated.set(key, known);
    return known;
  };
  return results.map((diagonals) => {
    const byGiant = new Map<number, number[]>();
    for (const { source, offset, weights } of diagonals) {
      const { baby, giant } = babies(offset);
      const term = emit.mul(rotate(source, baby), rotatedWeights(emit, weights, -giant));
      byGiant.set(giant, [...(byGiant.get(giant) ?? []), term]);
    }
    if (byGiant.size === 0) return emit.constant(0);
    return emit.sum([...byGiant].map(([giant, terms]) => emit.rotate(emit.sum(terms), giant)));
  });
}

/** Returns weights, rotated, as a clear value. */
function rotatedWeights(emit: Emitter, weights: Weights, offset: number): number {
  if (weights.kind === 'value') return emit.rotate(weights.value, offset);
  const { slots } = emit;
  const shift = ((offset % slots) + slots) % slots;
  const moved = (slot: number) => (slot - shift + slots) % slots;
  if (weights.kind === 'mask') {
    const ones = weights.ones.map(moved);
    const mask = () => maskOf(ones);
    return ones.length <= MOST_SHARED
      ? emit.longConstant(`mask ${ones.join()}`, mask)
      : emit.newConstant(mask());
  }
  const { data } = weights;
  const rotated = new Float64Array(slots);
  rotated.set(data.subarray(shift), 0);
  rotated.set(data.subarray(0, shift), slots - shift);
  return emit.newConstant(trimmed(rotated));
}

/** The most ones of a mask that is computed once: its key is then shorter than the mask. */
const MOST_SHARED = 64;

function maskOf(ones: readonly number[]): number[] {
  const mask = new Array<number>(largestOf(ones) + 1).fill(0);
  for (const slot of ones) mask[slot] = 1;
  return mask;
}

type Split = (offset: number) => { readonly baby: number; readonly giant: number };

/** The different offsets of one source in one result. */
interface Offsets {
  readonly source: number;
  readonly result: number;
  readonly offsets: ReadonlySet<number>;
}

/** Splits by offsets: comparing layouts writes the same moves for many tensors. */
const SPLITS = new WeakMap<Emitter, Map<string, Split>>();

function chooseBabySteps(emit: Emitter, results: readonly (readonly Diagonal[])[]): Split {
  const offsets = offsetsOf(results);
  const bySources = SPLITS.get(emit) ?? new Map<string, Split>();
  SPLITS.set(emit, bySources);
  const sources = [...new Set(offsets.map(({ source }) => source))];
  const key = offsets
    .map((one) => `${sources.indexOf(one.source)},${one.result}:${[...one.offsets].join()}`)
    .join(';');
  const split = bySources.get(key) ?? bestSplit(offsets, emit.slots);
  bySources.set(key, split);
  return split;
}

/**
 * Returns the split with the fewest rotations. Baby steps are multiples, below a limit, of the
 * greatest common divisor of the offsets.
 */
function bestSplit(offsets: readonly Offsets[], slots: number): Split {
  const unit = offsets.flatMap((one) => [...one.offsets]).reduce(greatestCommonDivisor, slots);
  const most = slots / unit;
  const least = leastRotations(offsets);
  let best: Split = (offset) => ({ baby: offset, giant: 0 });
  let fewest = rotationsOf(offsets, best);
  for (let size = 1; size * size <= 4 * most && fewest > least; size++) {
    const split: Split = (offset) => {
      const baby = ((offset / unit) % size) * unit;
      return { baby, giant: offset - baby };
    };
    const rotations = rotationsOf(offsets, split);
    if (rotations < fewest) [best, fewest] = [split, rotations];
  }
  return best;
}

function offsetsOf(results: readonly (readonly Diagonal[])[]): readonly Offsets[] {
  return results.flatMap((diagonals, result) => {
    const bySource = new Map<number, Set<number>>();
    for (const { source, offset } of diagonals)
      bySource.set(source, (bySource.get(source) ?? new Set()).add(offset));
    return [...bySource].map(([source, offsets]) => ({ source, result, offsets }));
  });
}

/**
 * Returns a lower bound of the rotations of every split: b baby and g giant steps, and staying,
 * make at most (b + 1)·(g + 1) offsets.
 */
function leastRotations(all: readonly Offsets[]): number {
  const most = largestOf([0, ...all.map(({ offsets }) => offsets.size + Number(!offsets.has(0)))]);
  return Math.ceil(2 * Math.sqrt(most) - 2);
}

function rotationsOf(all: readonly Offsets[], split: Split): number {
  const babies = new Map<number, Set<number>>();
  const giants = new Map<number, Set<number>>();
  for (const { source, result, offsets } of all) {
    const babySteps = babies.get(source) ?? new Set();
    const giantSteps = giants.get(result) ?? new Set();
    babies.set(source, babySteps);
    giants.set(result, giantSteps);
    for (const offset of offsets) {
      const { baby, giant } = split(offset);
      if (baby > 0) babySteps.add(baby);
      if (giant > 0) giantSteps.add(giant);
    }
  }
  const count = (steps: ReadonlyMap<number, ReadonlySet<number>>) =>
    [...steps.values()].reduce((sum, { size }) => sum + size, 0);
  return count(babies) + count(giants);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
