import { defined } from '../../lookup.ts';
import { operands } from '../../plan/liveness.ts';
import { areRelinearized, operandFault, polynomialsOf } from '../../plan/operand-rules.ts';
import { isClear } from '../../plan/operations.ts';
import type { CkksCipherOp, CkksSketch } from '../../plan/plan.ts';

/**
 * One exact scale for each level, so that values of one level can always be added: scales[l]² / prime(l)
 * = scales[l-1]. Going up, scales[l] = √(scales[l-1]·prime(l)) halves the distance to the primes at each
 * step; going down the same recurrence would double it ("Approximate Homomorphic Encryption with Reduced
 * Approximation Error", Kim et al.).
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
 * What is known of a ciphertext's form before parameters are: its scale is the level's canonical scale
 * to the power `degrees[i]` (1, or 2 for a product until it is rescaled), and it has `sizes[i]`
 * polynomials (2, or 3 for a product until it is relinearized). 0 and 0 for values in clear.
 */
export interface CipherProperties {
  readonly degrees: Int8Array;
  readonly sizes: Int8Array;
  /** Level of each ciphertext, -1 for values in clear. */
  readonly levels: Int32Array;
  /** The highest level any ciphertext has. */
  readonly topLevel: number;
}

/**
 * Derives the form of every value.
 *
 * @throws Error if the plan breaks a rule of levels, scales or sizes: a fault of the compiler
 */
export function cipherProperties({ ops }: Pick<CkksSketch, 'ops'>): CipherProperties {
  const degrees = new Int8Array(ops.length);
  const sizes = new Int8Array(ops.length);
  const levels = new Int32Array(ops.length).fill(-1);
  ops.forEach((op, at) => {
    const fault = (text: string): Error => new Error(`plan operation ${at} (${op.op}): ${text}`);
    const misplaced = operandFault(op, at, levels);
    if (misplaced) throw fault(misplaced);
    if (isClear(op)) return;
    const args = operands(op);
    const [a = 1, b = a] = args.map((arg) => defined(degrees[arg]));
    const { fits, otherwise, gives } = scaleRule(op);
    if (!fits(a, b)) throw fault(otherwise);
    if (!areRelinearized(op, sizes))
      throw fault(`${args.length > 1 ? 'a factor' : 'the operand'} is not relinearized`);
    levels[at] = op.level;
    degrees[at] = gives === 'operand' ? a : gives;
    sizes[at] = polynomialsOf(op, sizes);
    // A product at level 0 would have no prime left to be rescaled by.
    if (degrees[at] === 2 && op.level === 0) throw fault('a product at level 0');
  });
  return { degrees, sizes, levels, topLevel: levels.reduce((max, l) => Math.max(max, l), 0) };
}

/** Degrees of a result and of its encrypted operands. */
interface ScaleRule {
  /** `operand`: that of the first one. */
  readonly gives: 1 | 2 | 'operand';
  readonly fits: (a: number, b: number) => boolean;
  /** What is wrong where operands do not fit. */
  readonly otherwise: string;
}

const kept: ScaleRule = { gives: 'operand', fits: () => true, otherwise: '' };
const equal: ScaleRule = { gives: 'operand', fits: (a, b) => a === b, otherwise: 'scales differ' };
const isNominal = (a: number, b: number): boolean => a === 1 && b === 1;

const SCALE_RULES: Readonly<Record<CkksCipherOp['op'], ScaleRule>> = {
  upload: { ...kept, gives: 1 },
  add: equal,
  sub: equal,
  negate: kept,
  addPlain: kept,
  subPlain: kept,
  mul: { gives: 2, fits: isNominal, otherwise: 'a factor is not rescaled' },
  mulPlain: { gives: 2, fits: (a) => a === 1, otherwise: 'the factor is not rescaled' },
  relinearize: kept,
  rotate: kept,
  rescale: { gives: 1, fits: (a) => a === 2, otherwise: 'the operand is at its nominal scale' },
  adjust: { gives: 2, fits: (a) => a === 1, otherwise: 'the operand is not rescaled' },
  lower: { gives: 1, fits: (a) => a === 1, otherwise: 'the operand is not rescaled' },
};

function scaleRule(op: CkksCipherOp): ScaleRule {
  return op.op === 'mulPlain' && op.scale === 'one' ? kept : SCALE_RULES[op.op];
}
