/**
 * Values that are there by construction. Where one is missing, the compiler is at fault: these throw there, so that
 * no `undefined` travels on.
 */

/**
 * The element at an index. Throws an Error where there is none. Lists of all sorts are read here, which no engine
 * makes quick: on hot paths `defined(list[index])` reads a list of one sort.
 */
export function at<T>(list: ArrayLike<T | undefined>, index: number): T {
  const element = list[index];
  if (element === undefined) throw new Error(`no element ${index} in a list of ${list.length}`);
  return element;
}

/** The last element. Throws an Error where there is none. */
export function last<T>(list: ArrayLike<T | undefined>): T {
  return at(list, list.length - 1);
}

/** The value of a key. Throws an Error where there is none. */
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
