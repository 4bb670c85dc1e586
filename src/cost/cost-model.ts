import { z } from 'zod';
import { defined } from '../lookup.ts';
import { isClear } from '../plan/operations.ts';
import type { CkksCipherOp, CkksParams, CkksPlan } from '../plan/plan.ts';
import { uniformClears } from '../plan/uniform-clears.ts';
import { encodingOf } from '../schemes/ckks/encodings.ts';
import { type CipherProperties, cipherProperties } from '../schemes/ckks/scales.ts';

/**
 * The cost model: predicts the milliseconds of every operation of a plan on one instance of
 * node-seal. A term is a formula of a few measured coefficients. An operation costs one term or the
 * sum of some. See docs/design/cost-model.md.
 */

const nanoseconds = z.number().nonnegative();

/**
 * Work on each coefficient of each polynomial modulo each prime once: `call + coefficient·p·N·l`.
 */
const Pointwise = z.strictObject({ call: nanoseconds, coefficient: nanoseconds });

/**
 * One number-theoretic transform for each polynomial and prime: `call + butterfly·p·N·log2(N)·l`.
 */
const Transforming = z.strictObject({ call: nanoseconds, butterfly: nanoseconds });

/**
 * Key switching: decomposes a polynomial into its l residues, transforms each of them modulo l + 1
 * primes and multiplies it by the key: `N·log2(N)·(ring + prime·l + primeSquared·l²)`.
 */
const KeySwitching = z.strictObject({
  ring: nanoseconds,
  prime: nanoseconds,
  primeSquared: nanoseconds,
});

/**
 * A complex Fourier transform, then one transform for each prime of the whole chain:
 * `N·log2(N)·(ring + prime·c)`.
 */
const Encoding = z.strictObject({ ring: nanoseconds, prime: nanoseconds });

/** The measured coefficients in nanoseconds, as stored in files. */
export const CostModel = z.strictObject({
  format: z.literal('shoal-cost-model'),
  version: z.literal(1),
  terms: z.strictObject({
    /** Of two ciphertexts; a subtraction costs the same. */
    add: Pointwise,
    negate: Pointwise,
    /** Of an encoded plaintext; a subtraction costs the same. */
    addPlain: Pointwise,
    /** By an encoded plaintext. */
    mulPlain: Pointwise,
    mul: Pointwise,
    square: Pointwise,
    relinearize: KeySwitching,
    rotate: KeySwitching,
    /** From l to l - 1 primes. */
    rescale: Transforming,
    /** A modulus switch without rescaling, from l to l - 1 primes. SEAL drops primes one by one. */
    drop: Pointwise,
    /** Slots of different values. For any level SEAL encodes at the top level first. */
    encodeVector: Encoding,
    /** One number for all slots. */
    encodeUniform: Pointwise,
    /** Bringing a ciphertext from one worker to another: saving and loading it. */
    transfer: Pointwise,
  }),
});
export type CostModel = z.infer<typeof CostModel>;

/** The name of a term, which is measured and fitted by itself. */
export type CostTerm = keyof CostModel['terms'];

/** The sizes that the cost of a term depends on. */
export interface TermSize {
  /** N. */
  readonly degree: number;
  /** l: the primes of the ciphertext that is worked on. */
  readonly primes: number;
  /** c: the primes of a ciphertext of the top level, all but the special one. */
  readonly chainPrimes: number;
  /** p: the polynomials of the ciphertext. */
  readonly polynomials: number;
}

/** Returns the factors of a term's coefficients at a size, by the coefficients' names. */
export function factorsOf(term: CostTerm, size: TermSize): Readonly<Record<string, number>> {
  const { degree, primes, chainPrimes, polynomials } = size;
  const butterflies = degree * Math.log2(degree);
  switch (term) {
    case 'relinearize':
    case 'rotate':
      return {
        ring: butterflies,
        prime: butterflies * primes,
        primeSquared: butterflies * primes ** 2,
      };
    case 'rescale':
      return { call: 1, butterfly: polynomials * butterflies * primes };
    case 'encodeVector':
      return { ring: butterflies, prime: butterflies * chainPrimes };
    case 'add':
    case 'negate':
    case 'addPlain':
    case 'mulPlain':
    case 'mul':
    case 'square':
    case 'drop':
    case 'encodeUniform':
    case 'transfer':
      return { call: 1, coefficient: polynomials * degree * primes };
  }
}

/** Returns the predicted milliseconds of a term. */
export function termMs(model: CostModel, term: CostTerm, size: TermSize): number {
  const coefficients: Readonly<Record<string, number>> = model.terms[term];
  let sum = 0;
  for (const [name, factor] of Object.entries(factorsOf(term, size))) {
    sum += factor * defined(coefficients[name]);
  }
  return sum / 1e6;
}

/** The parameters that operation times depend on. */
export interface CostRing {
  /** N. */
  readonly degree: number;
  /** The primes of a ciphertext of level 0. */
  readonly basePrimes: number;
  /** The primes of a ciphertext of the top level. */
  readonly chainPrimes: number;
}

/** Returns the parameters that operation times depend on. */
export function costRing(params: CkksParams): CostRing {
  return {
    degree: params.polyModulusDegree,
    basePrimes: params.basePrimes,
    chainPrimes: params.coeffModulus.length - 1,
  };
}

/** The levels and sizes of an operation's operands and result. */
export interface OperationShape {
  /** The level of the ciphertext operands. */
  readonly from: number;
  /** The level of the result. */
  readonly level: number;
  /**
   * The polynomials of the largest ciphertext operand: 2, or 3 for a product until it is
   * relinearized.
   */
  readonly polynomials: number;
  readonly encodes?: EncodingKind | undefined;
}

/**
 * The encoding that an operation must make if no earlier operation made it: slots of different
 * values, or one number for all slots. The first such number at a level also takes the encoding of
 * a vector, from which the evaluator learns SEAL's format.
 */
export type EncodingKind = 'vector' | 'uniform' | 'firstUniform';

/** Operations that take the evaluator's time. A product of a value with itself is a square. */
export type CostedOp = Exclude<CkksCipherOp['op'], 'upload'> | 'square';

/**
 * The terms of an operation's cost in order, without its encoding. `drop` counts once for each
 * level above.
 */
const TERMS: Readonly<Record<CostedOp, readonly CostTerm[]>> = {
  add: ['add'],
  sub: ['add'],
  negate: ['negate'],
  addPlain: ['addPlain'],
  subPlain: ['addPlain'],
  mul: ['mul'],
  square: ['square'],
  mulPlain: ['mulPlain', 'drop'],
  relinearize: ['relinearize'],
  rotate: ['rotate'],
  rescale: ['rescale'],
  adjust: ['mulPlain', 'drop'],
  lower: ['mulPlain', 'drop', 'rescale'],
};

/** Returns the predicted milliseconds of one operation. */
export function operationMs(
  model: CostModel,
  ring: CostRing,
  op: CostedOp,
  { from, level, polynomials, encodes }: OperationShape,
): number {
  const terms = TERMS[op];
  // Rescaling comes last, so everything else happens one level above.
  const at = terms.includes('rescale') ? level + 1 : level;
  const size = sizeAt(ring, at, polynomials);
  let ms = encodingMs(model, size, encodes);
  for (const term of terms) {
    if (term !== 'drop') ms += termMs(model, term, size);
    else
      for (let above = from; above > at; above--)
        ms += termMs(model, term, sizeAt(ring, above, polynomials));
  }
  return ms;
}

function sizeAt(ring: CostRing, level: number, polynomials: number): TermSize {
  const { degree, basePrimes, chainPrimes } = ring;
  return { degree, primes: basePrimes + level, chainPrimes, polynomials };
}

function encodingMs(model: CostModel, size: TermSize, kind: EncodingKind | undefined): number {
  if (kind === undefined) return 0;
  const plain = { ...size, polynomials: 1 };
  const vector = kind === 'vector' || kind === 'firstUniform';
  const uniform = kind === 'uniform' || kind === 'firstUniform';
  return (
    (vector ? termMs(model, 'encodeVector', plain) : 0) +
    (uniform ? termMs(model, 'encodeUniform', plain) : 0)
  );
}

/** Returns the predicted milliseconds for bringing a ciphertext from one worker to another. */
export function transferMs(
  model: CostModel,
  ring: CostRing,
  level: number,
  polynomials: number,
): number {
  return termMs(model, 'transfer', sizeAt(ring, level, polynomials));
}

/**
 * Returns the predicted milliseconds of each of a plan's operations, for one instance of the
 * inputs. Uploads are the client's work and cost nothing. Clear values cost nothing until they are
 * encoded. As in the evaluator, an encoding is made at its first use and then kept.
 */
export function operationTimes(plan: CkksPlan, model: CostModel): Float64Array {
  const ring = costRing(plan.params);
  const properties = cipherProperties(plan);
  const encodings = new Encodings(plan, properties);
  return Float64Array.from(plan.ops, (op) => {
    if (isClear(op) || op.op === 'upload') return 0;
    const [a, b = a] = op.args;
    const kind = op.op === 'mul' && a === b ? 'square' : op.op;
    return operationMs(model, ring, kind, {
      from: defined(properties.levels[a]),
      level: op.level,
      polynomials: Math.max(defined(properties.sizes[a]), defined(properties.sizes[b])),
      encodes: encodings.record(op),
    });
  });
}

/** The encodings that a plan's operations need, and which of them exist so far. */
export class Encodings {
  readonly #properties: CipherProperties;
  readonly #uniform: Uint8Array;
  readonly #existing = new Set<string>();
  readonly #uniformLevels = new Set<number>();

  constructor(plan: CkksPlan, properties: CipherProperties) {
    this.#properties = properties;
    this.#uniform = uniformClears(plan);
  }

  record(op: CkksCipherOp): EncodingKind | undefined {
    const plain = this.plainOf(op);
    if (plain === undefined || this.#existing.has(plain.key)) return undefined;
    this.#existing.add(plain.key);
    if (!plain.uniform) return 'vector';
    if (this.#uniformLevels.has(plain.level)) return 'uniform';
    this.#uniformLevels.add(plain.level);
    return 'firstUniform';
  }

  /** Returns the plaintext that an operation multiplies by or adds. */
  plainOf(op: CkksCipherOp): PlannedEncoding | undefined {
    const encoding = encodingOf(op, this.#properties);
    if (encoding === undefined) return undefined;
    const { key, level, value } = encoding;
    return { key, level, uniform: value === undefined || this.#uniform[value] === 1 };
  }
}

interface PlannedEncoding {
  /** Equal for equal value, level and scale. */
  readonly key: string;
  readonly level: number;
  readonly uniform: boolean;
}
