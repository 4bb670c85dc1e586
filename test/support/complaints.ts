/**
 * Throws an error with all complaints, one on each line. Unlike a comparison with an empty list, it
 * never shortens a complaint, so the names of missing files stay visible.
 *
 * @throws Error when there are complaints
 */
export function expectNoComplaints(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}

/** Returns a complaint for each name that only one of two lists has. */
export function differencesOf(
  [here, names]: readonly [description: string, names: readonly string[]],
  [there, others]: readonly [description: string, names: readonly string[]],
): readonly string[] {
  const lacking = (from: readonly string[], to: readonly string[]) =>
    from.filter((name) => !to.includes(name));
  return [
    ...lacking(others, names).map((name) => `${here} lacks ${name}, which ${there} has`),
    ...lacking(names, others).map((name) => `${there} lacks ${name}, which ${here} has`),
  ];
}
