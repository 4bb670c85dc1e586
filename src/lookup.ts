/**
 * Reads of values that are there by construction. A missing value is a fault of the compiler: these
 * functions throw where it is read, so that no `undefined` travels on. Only the loops over slot
 * vectors read with `!`, because a check of every number would slow them down; .biome.json lists
 * them.
 */

/**
 * Returns the element at an index. Throws an Error where there is none. Lists of many types are
 * read here, which JavaScript engines cannot optimize: on hot paths use `defined(list[index])`.
 */
export function at<T>(list: ArrayLike<T | undefined>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new Error(`no element ${index} in a list of ${list.length}`);
  return element;
}

/** Returns the last element. Throws an Error where there is none. */
export function last<T>(list: ArrayLike<T | undefined>): T {
  return at(list, list.length - 1);
}

/** Returns the value of a key. Throws an Error where there is none. */
export function lookUp<K extends number | string, V>(
  map: ReadonlyMap<K, V | undefined>,
  key: K,
): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`no value for the key ${key}`);
  return value;
}

/** Returns a value that is neither undefined nor null. Throws an Error where it is. */
export function defined<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error('a value is missing');
  return value;
}

/**
 * Returns the largest of numbers, or -Infinity of none. `Math.max(...list)` takes a list as its
 * arguments, of which there cannot be much more than 100,000; this takes lists of any length.
 */
export function largestOf(numbers: Iterable<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const number of numbers) largest = Math.max(largest, number);
  return largest;
}

/** Returns the smallest of numbers, or Infinity of none; see {@link largestOf}. */
export function smallestOf(numbers: Iterable<number>): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const number of numbers) smallest = Math.min(smallest, number);
  return smallest;
}
