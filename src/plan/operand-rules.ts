import { defined } from '../lookup.ts';
import { operands } from './liveness.ts';
import { isClear, OPERATIONS } from './operations.ts';
import type { CipherOp, PlanOp } from './plan.ts';

/**
 * Returns what is wrong with the order, kinds or levels of an operation's operands; undefined if
 * nothing is.
 *
 * @param at index of the operation in the plan
 * @param levels level of each earlier value, -1 for clear values
 */
export function operandFault(op: PlanOp, at: number, levels: Int32Array): string | undefined {
  const args = operands(op);
  if (!args.every((arg) => arg < at)) return 'an operand is not an earlier value';
  const isCipher = (arg: number): boolean => defined(levels[arg]) >= 0;
  if (isClear(op)) return args.some(isCipher) ? 'an operand is encrypted' : undefined;
  const kinds = OPERATIONS[op.op].operands;
  if (kinds === 'any') {
    const ciphers = args.filter(isCipher);
    return ciphers.length > 0 ? levelFault(op, ciphers, levels) : 'no operand is encrypted';
  }
  const [a, b] = args;
  if (a === undefined) return undefined;
  if (!isCipher(a)) return 'the first operand is not encrypted';
  if (b === undefined || kinds[1] === 'cipher') return levelFault(op, args, levels);
  return isCipher(b) ? 'the second operand is encrypted' : levelFault(op, [a], levels);
}

/** Returns what is wrong with the levels of encrypted operands. */
function levelFault(
  op: CipherOp,
  ciphers: readonly number[],
  levels: Int32Array,
): string | undefined {
  const all = (fits: (level: number) => boolean): boolean =>
    ciphers.every((arg) => fits(defined(levels[arg])));
  switch (operandLevel(op)) {
    case 'same':
      return all((level) => level === op.level) ? undefined : 'levels differ';
    case 'next':
      return all((level) => level === op.level + 1)
        ? undefined
        : 'a rescaling lowers the level by one';
    case 'above':
      return all((level) => level > op.level) ? undefined : 'the operand is not at a higher level';
    case 'sameOrAbove':
      return all((level) => level >= op.level) ? undefined : 'the operand is at a lower level';
  }
}

/** Returns the level of an operation's encrypted operands, relative to that of its result. */
function operandLevel(op: CipherOp) {
  return op.op === 'mulPlain' && op.scale === 'one' ? 'same' : OPERATIONS[op.op].from;
}

/**
 * Whether the encrypted operands have no more polynomials than the operation takes.
 *
 * @param sizes polynomials of each earlier value, 0 for clear values
 */
export function areRelinearized(op: CipherOp, sizes: Int8Array): boolean {
  const { takes } = OPERATIONS[op.op];
  return operands(op).every((arg) => defined(sizes[arg]) <= takes);
}

/** Returns the number of polynomials of an operation's result. */
export function polynomialsOf(op: CipherOp, sizes: Int8Array): number {
  const { gives } = OPERATIONS[op.op];
  if (gives !== 'most') return gives;
  return operands(op).reduce((most, arg) => Math.max(most, defined(sizes[arg])), 2);
}
