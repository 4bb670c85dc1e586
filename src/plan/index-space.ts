/**
 * Places in different lists are numbers all alike, and JSON has no others. Types keep them apart: a number that is
 * known to count in one list is not assignable to one that counts in another.
 */

declare const space: unique symbol;

/** A place in the list that is called so; numbers of which nothing is known are assignable. */
export type IndexOf<Space extends string> = number & { readonly [space]?: Space };

/** Names a value of a plan: the place of its operation in the plan. */
export type ValueId = IndexOf<'plan'>;

/**
 * A place in the order in which a worker runs its operations. Where one worker runs all, the places are the plan's;
 * of a share they are not, so no number is taken for one unless {@link runIndex} says so.
 */
export type RunIndex = number & { readonly [space]: 'run' };

/** The place of a run that has this number: 0 for the first operation, -1 before it. */
export function runIndex(number: number): RunIndex {
  return number as RunIndex;
}
