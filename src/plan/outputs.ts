/** An output of the circuit and the entries of the plan that are its parts. */
export interface WholeOutput<Part> {
  readonly name: string;
  readonly shape: readonly number[];
  /** Entries in the plan's order; only one if the output lies in one ciphertext. */
  readonly parts: readonly [Part, ...Part[]];
}

/** Groups the entries of a plan by output, in the order of each output's first entry. */
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

/** Returns the least noise budget in bits; null if all are null, as those of clear values are. */
export function leastBudget(budgets: readonly (number | null)[]): number | null {
  return budgets.reduce((least, bits) => {
    if (least === null || bits === null) return least ?? bits;
    return Math.min(least, bits);
  }, null);
}
