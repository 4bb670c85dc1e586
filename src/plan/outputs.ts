/** An output as the circuit declares it, and the entries of a plan that hold it. */
export interface WholeOutput<Part> {
  readonly name: string;
  readonly shape: readonly number[];
  /** In the plan's order; one where the output lies in one ciphertext. */
  readonly parts: readonly [Part, ...Part[]];
}

/** Puts the entries of each output together, in the order of their first ones. */
export function wholeOutputs<Part extends Pick<WholeOutput<unknown>, 'name' | 'shape'>>(
  outputs: readonly Part[],
): readonly WholeOutput<Part>[] {
  const parts = new Map<string, [Part, ...Part[]]>();
  for (const output of outputs) {
    const known = parts.get(output.name);
    if (known) known.push(output);
    else parts.set(output.name, [output]);
  }
  return [...parts].map(([name, own]) => ({ name, shape: own[0].shape, parts: own }));
}

/** The least of some noise budgets, in bits; null where all are those of values in clear, which have none. */
export function leastBudget(budgets: readonly (number | null)[]): number | null {
  return budgets.reduce((least, bits) => {
    if (least === null || bits === null) return least ?? bits;
    return Math.min(least, bits);
  }, null);
}
