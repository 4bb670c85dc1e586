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

/** Weights that the compiler knows, or a clear value. */
export type Weights =
  | { readonly kind: 'data'; readonly data: readonly number[] }
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
  const babies = chooseBabySteps(results, emit.slots);
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
  const { data } = weights;
  const { slots } = emit;
  const shift = ((offset % slots) + slots) % slots;
  const full = [...data, ...new Array<number>(slots - data.length).fill(0)];
  const rotated = shift === 0 ? data : [...full.slice(shift), ...full.slice(0, shift)];
  return emit.newConstant(trimmed(rotated));
}

type Split = (offset: number) => { readonly baby: number; readonly giant: number };

/**
 * Returns the split with the fewest rotations. Baby steps are multiples, below a limit, of the
 * greatest common divisor of the offsets.
 */
function chooseBabySteps(results: readonly (readonly Diagonal[])[], slots: number): Split {
  const unit = results
    .flat()
    .map(({ offset }) => offset)
    .reduce(greatestCommonDivisor, slots);
  const most = slots / unit;
  let best: Split = (offset) => ({ baby: offset, giant: 0 });
  let fewest = rotationsOf(results, best);
  for (let size = 1; size * size <= 4 * most; size++) {
    const split: Split = (offset) => {
      const baby = ((offset / unit) % size) * unit;
      return { baby, giant: offset - baby };
    };
    const rotations = rotationsOf(results, split);
    if (rotations < fewest) [best, fewest] = [split, rotations];
  }
  return best;
}

function rotationsOf(results: readonly (readonly Diagonal[])[], split: Split): number {
  const babies = new Set<string>();
  let giants = 0;
  for (const diagonals of results) {
    const giantSteps = new Set<number>();
    for (const diagonal of diagonals) {
      const { baby, giant } = split(diagonal.offset);
      if (baby > 0) babies.add(`${diagonal.source}<<${baby}`);
      if (giant > 0) giantSteps.add(giant);
    }
    giants += giantSteps.size;
  }
  return babies.size + giants;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
