/** Something in a plan that contradicts something else in it; `path` leads to it. */
export class PlanFault extends Error {
  override readonly name = 'PlanFault';
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[]) {
    super(message);
    this.path = path;
  }
}

/** @throws PlanFault where a rule of plans does not hold */
export function requireRule(
  holds: boolean,
  message: string,
  path: readonly (string | number)[],
): asserts holds {
  if (!holds) throw new PlanFault(message, path);
}
