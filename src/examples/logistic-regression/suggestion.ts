import { closest, distance } from 'fastest-levenshtein';

/** What to write in place of a name that nothing has: the one that is near, or one of all. */
export function suggestion(name: string, names: readonly string[]): string {
  const near = closest(name, names);
  // Names of a few letters resemble too many.
  const limit = Math.min(2, Math.floor(name.length / 2.5));
  return distance(name, near) <= limit
    ? `did you mean '${near}'?`
    : `there are ${names.join(', ')}`;
}
