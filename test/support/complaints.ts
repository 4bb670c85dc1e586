/**
 * Passes if there are no complaints, and otherwise fails with them, one a line. Unlike a comparison with an empty list
 * it shows each complaint whole, so that a file that is missing is named.
 *
 * @throws Error with the complaints
 */
export function expectNoComplaints(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}

/** Complaints about two places that should have the same names, each naming the place that lacks one. */
export function differencesOf(
  [here, names]: readonly [place: string, names: readonly string[]],
  [there, others]: readonly [place: string, names: readonly string[]],
): readonly string[] {
  const lacking = (from: readonly string[], to: readonly string[]) =>
    from.filter((name) => !to.includes(name));
  return [
    ...lacking(others, names).map((name) => `${here} lacks ${name}, which ${there} has`),
    ...lacking(names, others).map((name) => `${there} lacks ${name}, which ${here} has`),
  ];
}
