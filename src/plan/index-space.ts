/**
 * Types for indices into different lists. At run time they are plain numbers, as in JSON. An index
 * into one list is not assignable to an index into another.
 */

declare const space: unique symbol;

/** An index into the list with this name. Plain numbers are assignable to it. */
export type IndexOf<Space extends string> = number & { readonly [space]?: Space };

/** The name of a plan's value: the index of its operation in the plan. */
export type ValueId = IndexOf<'plan'>;

/**
 * An index into the order in which a worker runs its operations. It equals the plan's index only if
 * one worker runs the whole plan, so plain numbers are not assignable: {@link runIndex} converts
 * them.
 */
export type RunIndex = number & { readonly [space]: 'run' };

/** Returns a number as an index of a run: 0 for the first operation, -1 before it. */
export function runIndex(number: number): RunIndex {
  return number as RunIndex;
}
