import { isClear } from '../../plan/clear-ops.ts';
import { operands } from '../../plan/liveness.ts';
import type { IntegerOp } from '../../plan/plan.ts';

/** The form of every value of a plan for integers. */
export interface IntegerForms {
  /** Level of each ciphertext, -1 for values in clear. */
  readonly levels: Int32Array;
  /** Polynomials of each ciphertext: 2, or 3 for a product until it is relinearized; 0 for values in clear. */
  readonly sizes: Int8Array;
  /** The highest level any ciphertext has. */
  readonly topLevel: number;
}

/**
 * Derives the form of every value.
 *
 * @throws Error if the plan breaks a rule of levels or sizes: a fault of the compiler
 */
export function integerForms({ ops }: { readonly ops: readonly IntegerOp[] }): IntegerForms {
  const levels = new Int32Array(ops.length).fill(-1);
  const sizes = new Int8Array(ops.length);
  ops.forEach((op, at) => {
    const fault = faultOf(op, at, levels, sizes);
    if (fault) throw new Error(`plan operation ${at} (${op.op}): ${fault}`);
    if (isClear(op)) return;
    levels[at] = op.level;
    sizes[at] = sizeOf(op, sizes);
  });
  return { levels, sizes, topLevel: levels.reduce((most, l) => Math.max(most, l), 0) };
}

/** Values that a gathering goes into: all that may have other coefficients than the constant one. */
export function gatheredValues(ops: readonly IntegerOp[]): ReadonlySet<number> {
  const gathered = new Set<number>();
  ops.forEach((op, at) => {
    if (op.op === 'gather' || operands(op).some((arg) => gathered.has(arg))) gathered.add(at);
  });
  return gathered;
}

function sizeOf(op: Exclude<IntegerOp, { op: 'const' }>, sizes: Int8Array): number {
  if (op.op === 'mul') return 3;
  if (op.op === 'upload' || op.op === 'relinearize') return 2;
  return operands(op).reduce((most, arg) => Math.max(most, sizes[arg]!), 2);
}

/** Which rule an operation breaks, if any. */
function faultOf(
  op: IntegerOp,
  at: number,
  levels: Int32Array,
  sizes: Int8Array,
): string | undefined {
  const args = operands(op);
  if (!args.every((arg) => arg < at)) return 'an operand is not computed before';
  const isCipher = (arg: number) => levels[arg]! >= 0;
  if (isClear(op)) return args.some(isCipher) ? 'an operand is encrypted' : undefined;
  const [a = -1, b = -1] = args;
  if (op.op === 'gather') {
    const ciphers = args.filter(isCipher);
    if (ciphers.length === 0) return 'no operand is encrypted';
    return ciphers.every((arg) => levels[arg] === op.level) ? undefined : 'levels differ';
  }
  if (a >= 0 && !isCipher(a)) return 'the first operand is not encrypted';
  switch (op.op) {
    case 'upload':
      return undefined;
    case 'addPlain':
    case 'subPlain':
    case 'mulPlain':
      if (isCipher(b)) return 'the second operand is encrypted';
      break;
    case 'modSwitch':
      return levels[a]! > op.level ? undefined : 'the operand is not above the level';
    case 'mul':
    case 'rotate':
      if (args.some((arg) => sizes[arg] === 3)) return 'an operand is not relinearized';
  }
  const ciphers = op.op.endsWith('Plain') ? [a] : args;
  return ciphers.every((arg) => levels[arg] === op.level) ? undefined : 'levels differ';
}
