import { trimmed } from './clear-tensors.ts';
import type { Emitter } from './emitter.ts';

/** A value, rotated, times weights in clear: one term of a linear map on slots. */
export interface Diagonal {
  readonly source: number;
  /** Left rotation of the source, 0 ≤ steps < slots. */
  readonly offset: number;
  /** Weights in clear; those of slot i multiply the source's slot i + steps. */
  readonly weights: Weights;
}

/** Weights that the compiler knows, or a value in clear. */
export type Weights =
  | { readonly kind: 'data'; readonly data: readonly number[] }
  | { readonly kind: 'value'; readonly value: number };

/**
 * Linear maps of slot vectors, Σ weights ⊙ rot(source, steps), for one or more results; one level.
 *
 * Rotations are written as a baby step of the source and a giant step of a sum, which for n steps in all takes about 2√n
 * rotations ("Faster Homomorphic Linear Transformations in HElib", Halevi and Shoup, 2018). Baby steps are shared by
 * all results, giant steps by all sources of one.
 *
 * @param results the terms of each result; without any, it is the constant 0
 */
export function linearMap(emit: Emitter, results: readonly (readonly Diagonal[])[]): number[] {
  const babies = chooseBabySteps(results, emit.slots);
  const rotated = new Map<string, number>();
  const rotate = (source: number, steps: number): number => {
    const key = `${source}<<${steps}`;
    const known = rotated.get(key) ?? emit.rotate(source, steps);
    rotated.set(key, known);
    return known;
  };
  return results.map((diagonals) => {
    const byGiant = new Map<number, number[]>();
    for (const { source, offset: steps, weights } of diagonals) {
      const { baby, giant } = babies(steps);
      const term = emit.mul(rotate(source, baby), placed(emit, weights, -giant));
      byGiant.set(giant, [...(byGiant.get(giant) ?? []), term]);
    }
    if (byGiant.size === 0) return emit.constant(0);
    return emit.sum([...byGiant].map(([giant, terms]) => emit.rotate(emit.sum(terms), giant)));
  });
}

/** Weights rotated as a value in clear. */
function placed(emit: Emitter, weights: Weights, steps: number): number {
  if (weights.kind === 'value') return emit.rotate(weights.value, steps);
  const { data } = weights;
  const { slots } = emit;
  const shift = ((steps % slots) + slots) % slots;
  const full = [...data, ...new Array<number>(slots - data.length).fill(0)];
  const rotated = shift === 0 ? data : [...full.slice(shift), ...full.slice(0, shift)];
  return emit.push({ op: 'const', data: trimmed(rotated) });
}

type Split = (steps: number) => { readonly baby: number; readonly giant: number };

/** The baby steps with the fewest rotations: multiples of the steps' common unit below a limit. */
function chooseBabySteps(results: readonly (readonly Diagonal[])[], slots: number): Split {
  const unit = results
    .flat()
    .map(({ offset: steps }) => steps)
    .reduce(greatestCommonDivisor, slots);
  const most = slots / unit;
  let best: Split = (steps) => ({ baby: steps, giant: 0 });
  let fewest = rotationsOf(results, best);
  for (let size = 1; size * size <= 4 * most; size++) {
    const split: Split = (steps) => {
      const baby = ((steps / unit) % size) * unit;
      return { baby, giant: steps - baby };
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
    const steps = new Set<number>();
    for (const diagonal of diagonals) {
      const { baby, giant } = split(diagonal.offset);
      if (baby > 0) babies.add(`${diagonal.source}<<${baby}`);
      if (giant > 0) steps.add(giant);
    }
    giants += steps.size;
  }
  return babies.size + giants;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
