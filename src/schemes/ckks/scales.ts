import { isClear } from '../../plan/clear-ops.ts';
import { operands } from '../../plan/liveness.ts';
import type { CkksSketch } from '../../plan/plan.ts';

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
  for (const prime of levelPrimes) scales.push(Math.sqrt(scales.at(-1)! * Number(prime)));
  return scales;
}

/**
 * What is known of a ciphertext's form before parameters are: its scale is the level's canonical scale
 * to the power `degrees[i]` (1, or 2 for a product until it is rescaled), and it has `sizes[i]`
 * polynomials (2, or 3 for a product until it is relinearized). 0 and 0 for values in clear.
 */
export interface CipherForms {
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
export function cipherForms(sketch: Pick<CkksSketch, 'ops'>): CipherForms {
  const count = sketch.ops.length;
  const degrees = new Int8Array(count);
  const sizes = new Int8Array(count);
  const levels = new Int32Array(count).fill(-1);
  sketch.ops.forEach((op, at) => {
    const args = operands(op);
    const expect = (rule: boolean, text: string): void => {
      if (!rule) throw new Error(`plan operation ${at} (${op.op}): ${text}`);
    };
    expect(
      args.every((arg) => arg < at),
      'an operand is not computed before',
    );
    if (isClear(op)) {
      expect(
        args.every((arg) => levels[arg] === -1),
        'an operand is encrypted',
      );
      return;
    }
    const [a = -1, b = -1] = args;
    levels[at] = op.level;
    degrees[at] = degrees[a] ?? 1;
    sizes[at] = sizes[a] ?? 2;
    if (a >= 0) expect(levels[a]! >= 0, 'the first operand is not encrypted');
    const sameLevel = a < 0 || levels[a] === op.level;
    switch (op.op) {
      case 'upload':
        break;
      case 'add':
      case 'sub':
        expect(sameLevel && levels[b] === op.level, 'levels differ');
        expect(degrees[a] === degrees[b], 'scales differ');
        sizes[at] = Math.max(sizes[a]!, sizes[b]!);
        break;
      case 'mul':
        expect(sameLevel && levels[b] === op.level, 'levels differ');
        expect(degrees[a] === 1 && degrees[b] === 1, 'a factor is not rescaled');
        expect(sizes[a] === 2 && sizes[b] === 2, 'a factor is not relinearized');
        degrees[at] = 2;
        sizes[at] = 3;
        break;
      case 'addPlain':
      case 'subPlain':
        expect(sameLevel, 'levels differ');
        expect(levels[b] === -1, 'the second operand is encrypted');
        break;
      case 'mulPlain':
        expect(levels[b] === -1, 'the second operand is encrypted');
        if (op.scale === 'level') {
          expect(levels[a]! >= op.level, 'the operand is below the level');
          expect(degrees[a] === 1, 'the factor is not rescaled');
          degrees[at] = 2;
        } else expect(sameLevel, 'levels differ');
        break;
      case 'adjust':
        expect(levels[a]! >= op.level, 'the operand is below the level');
        expect(degrees[a] === 1, 'the operand is not rescaled');
        degrees[at] = 2;
        break;
      case 'negate':
        expect(sameLevel, 'levels differ');
        break;
      case 'relinearize':
        expect(sameLevel, 'levels differ');
        sizes[at] = 2;
        break;
      case 'rotate':
        expect(sameLevel, 'levels differ');
        expect(sizes[a] === 2, 'the operand is not relinearized');
        break;
      case 'rescale':
        expect(levels[a] === op.level + 1, 'a rescaling goes down one level');
        expect(degrees[a] === 2, 'the operand is at its nominal scale');
        degrees[at] = 1;
        break;
      case 'lower':
        expect(levels[a]! > op.level, 'the operand is not above the level');
        expect(degrees[a] === 1, 'the operand is not rescaled');
        break;
    }
    // A product at level 0 would have no prime left to be rescaled by.
    expect(degrees[at] === 1 || op.level > 0, 'a product at level 0');
  });
  return { degrees, sizes, levels, topLevel: levels.reduce((max, l) => Math.max(max, l), 0) };
}
