import { closest, distance } from 'fastest-levenshtein';

/** Returns a hint for an unknown name: the most similar known name, or a list of all. */
export function suggestion(name: string, names: readonly string[]): string {
  const near = closest(name, names);
  // A short name is similar to too many others.
  const limit = Math.min(2, Math.floor(name.length / 2.5));
  return distance(name, near) <= limit
    ? `did you mean '${near}'?`
    : `expected one of ${names.join(', ')}`;
}
