import { defined } from '../../lookup.ts';
import { operands } from '../../plan/liveness.ts';
import { areRelinearized, operandFault, polynomialsOf } from '../../plan/operand-rules.ts';
import { isClear } from '../../plan/operations.ts';
import type { CkksCipherOp, CkksSketch } from '../../plan/plan.ts';

/**
 * Returns one exact scale for each level, so that values of one level can always be added:
 * scales[l]² / prime(l) = scales[l-1]. Going up, scales[l] = √(scales[l-1]·prime(l)) halves the
 * distance to the primes at each level. Going down, the same recurrence would double it
 * ("Approximate Homomorphic Encryption with Reduced Approximation Error", Kim et al.).
 *
 * @param scaleBits log2 of the scale of level 0
 * @param levelPrimes primes of levels 1, 2, …
 */
export function canonicalScales(scaleBits: number, levelPrimes: readonly bigint[]): number[] {
  const scales = [2 ** scaleBits];
  for (const prime of levelPrimes) scales.push(Math.sqrt(defined(scales.at(-1)) * Number(prime)));
  return scales;
}

/**
 * The properties of ciphertexts that are known before the parameters are chosen. The scale of value
 * i is its level's canonical scale to the power `degrees[i]`: 1, or 2 for a product until it is
 * rescaled. It has `sizes[i]` polynomials: 2, or 3 for a product until it is relinearized. Both are
 * 0 for clear values.
 */
export interface CipherProperties {
  readonly degrees: Int8Array;
  readonly sizes: Int8Array;
  /** The level of each ciphertext, -1 for clear values. */
  readonly levels: Int32Array;
  /** The highest level of any ciphertext. */
  readonly topLevel: number;
}

/**
 * Derives the properties of every value.
 *
 * @throws Error if the plan breaks a rule of levels, scales or sizes, which is a fault of the
 *   compiler
 */
export function cipherProperties({ ops }: Pick<CkksSketch, 'ops'>): CipherProperties {
  const degrees = new Int8Array(ops.length);
  const sizes = new Int8Array(ops.length);
  const levels = new Int32Array(ops.length).fill(-1);
  ops.forEach((op, at) => {
    const fault = (text: string): Error => new Error(`plan operation ${at} (${op.op}): ${text}`);
    const wrongOperand = operandFault(op, at, levels);
    if (wrongOperand) throw fault(wrongOperand);
    if (isClear(op)) return;
    const args = operands(op);
    const [a = 1, b = a] = args.map((arg) => defined(degrees[arg]));
    const { accepts, message, result } = scaleRule(op);
    if (!accepts(a, b)) throw fault(message);
    if (!areRelinearized(op, sizes))
      throw fault(`${args.length > 1 ? 'a factor' : 'the operand'} is not relinearized`);
    levels[at] = op.level;
    degrees[at] = result === 'operand' ? a : result;
    sizes[at] = polynomialsOf(op, sizes);
    // A product at level 0 cannot be rescaled: no prime is left for that.
    if (degrees[at] === 2 && op.level === 0) throw fault('a product at level 0');
  });
  return { degrees, sizes, levels, topLevel: levels.reduce((max, l) => Math.max(max, l), 0) };
}

/** The scale degrees of an operation's result and encrypted operands. */
interface ScaleRule {
  /** The degree of the result; `operand` means the degree of the first operand. */
  readonly result: 1 | 2 | 'operand';
  readonly accepts: (a: number, b: number) => boolean;
  /** The fault to report if the operands do not fit. */
  readonly message: string;
}

const unchanged: ScaleRule = { result: 'operand', accepts: () => true, message: '' };
const equal: ScaleRule = {
  result: 'operand',
  accepts: (a, b) => a === b,
  message: 'scales differ',
};
const isNominal = (a: number, b: number): boolean => a === 1 && b === 1;

const SCALE_RULES: Readonly<Record<CkksCipherOp['op'], ScaleRule>> = {
  upload: { ...unchanged, result: 1 },
  add: equal,
  sub: equal,
  negate: unchanged,
  addPlain: unchanged,
  subPlain: unchanged,
  mul: { result: 2, accepts: isNominal, message: 'a factor is not rescaled' },
  mulPlain: { result: 2, accepts: (a) => a === 1, message: 'the factor is not rescaled' },
  relinearize: unchanged,
  rotate: unchanged,
  rescale: { result: 1, accepts: (a) => a === 2, message: 'the operand is at its nominal scale' },
  adjust: { result: 2, accepts: (a) => a === 1, message: 'the operand is not rescaled' },
  lower: { result: 1, accepts: (a) => a === 1, message: 'the operand is not rescaled' },
};

function scaleRule(op: CkksCipherOp): ScaleRule {
  return op.op === 'mulPlain' && op.scale === 'one' ? unchanged : SCALE_RULES[op.op];
}
