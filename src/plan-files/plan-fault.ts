import { isOneLine, LONGEST_NAME } from '../errors/one-line.ts';

/** Thrown when a plan breaks a rule; `path` is the JSON path of the fault. */
export class PlanFault extends Error {
  override readonly name = 'PlanFault';
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[]) {
    super(message);
    this.path = path;
  }
}

/** @throws PlanFault if a rule of plans does not hold */
export function requireRule(
  holds: boolean,
  message: string,
  path: readonly (string | number)[],
): asserts holds {
  if (!holds) throw new PlanFault(message, path);
}

/** @throws PlanFault unless a name that commands show fits one line */
export function requireOneLine(name: string, path: readonly (string | number)[]): void {
  const rule = `at most ${LONGEST_NAME} printable characters`;
  requireRule(isOneLine(name), `the name does not fit one line: ${rule}`, path);
}
