import { operands } from '../../plan/liveness.ts';
import { areRelinearized, operandFault, polynomialsOf } from '../../plan/operand-rules.ts';
import { isClear } from '../../plan/operations.ts';
import type { IntegerOp } from '../../plan/plan.ts';

/** The properties of every value of a plan for integers. */
export interface IntegerProperties {
  /** The level of each ciphertext, -1 for clear values. */
  readonly levels: Int32Array;
  /**
   * The polynomials of each ciphertext: 2, or 3 for a product until it is relinearized; 0 for clear
   * values.
   */
  readonly sizes: Int8Array;
  /** The highest level of any ciphertext. */
  readonly topLevel: number;
}

/**
 * Derives the properties of every value.
 *
 * @throws Error if the plan breaks a rule of levels or sizes, which is a fault of the compiler
 */
export function integerProperties({
  ops,
}: {
  readonly ops: readonly IntegerOp[];
}): IntegerProperties {
  const levels = new Int32Array(ops.length).fill(-1);
  const sizes = new Int8Array(ops.length);
  ops.forEach((op, at) => {
    const fault = operandFault(op, at, levels) ?? sizeFault(op, sizes);
    if (fault) throw new Error(`plan operation ${at} (${op.op}): ${fault}`);
    if (isClear(op)) return;
    levels[at] = op.level;
    sizes[at] = polynomialsOf(op, sizes);
  });
  return { levels, sizes, topLevel: levels.reduce((most, l) => Math.max(most, l), 0) };
}

/**
 * Returns the values that depend on a `gather`. No others can have coefficients besides the
 * constant one.
 */
export function gatheredValues(ops: readonly IntegerOp[]): ReadonlySet<number> {
  const gathered = new Set<number>();
  ops.forEach((op, at) => {
    if (op.op === 'gather' || operands(op).some((arg) => gathered.has(arg))) gathered.add(at);
  });
  return gathered;
}

function sizeFault(op: IntegerOp, sizes: Int8Array): string | undefined {
  return isClear(op) || areRelinearized(op, sizes) ? undefined : 'an operand is not relinearized';
}
