import { z } from 'zod';
import type { Arity, Operands, OpOf, TENSOR_ARITIES, TensorOp } from '../tensor/op.ts';
import { TENSOR_OPS } from '../tensor/op-schema.ts';
import { MOST_AXES } from '../tensor/tensor.ts';
import type { ValueId } from './index-space.ts';

/**
 * The plan is a compiled circuit: a list of operations on slot vectors, in which every level and
 * scale is fixed. A value is named by the index of its operation. Backends read nothing but the
 * plan.
 *
 * All values are vectors of `slots` logical slots (a power of two). A ciphertext of N/2 slots
 * contains the vector N/2/slots times, so that rotations are cyclic in `slots`. A plan without
 * rotations is `batchable`: the repetitions may then be different instances of the inputs.
 */

const index = z.int().nonnegative();

/**
 * A positive integer as text in its only form, without leading zeros: else plans that mean the same
 * would have different digests.
 */
const DECIMAL = /^[1-9][0-9]*$/;

/** The name of a value of the plan. */
const VALUE: z.ZodType<ValueId> = index;

/**
 * The slots of a tensor's elements. Element (m₀, m₁, …) of the box `sizes` is element `from + Σ
 * mₖ·fromStrides[k]` of the row-major data and lies in slot `Σ mₖ·strides[k]`. For each entry of
 * `copies` it is copied to every multiple of `stride` below `count·stride` behind that slot; later
 * entries also copy the copies.
 */
export const SlotMap = z
  .strictObject({
    sizes: z.array(z.int().positive()),
    from: index,
    fromStrides: z.array(z.int()),
    strides: z.array(index),
    /** The slot from which all slots are counted; 0 unless given. */
    at: index.optional(),
    copies: z.array(z.strictObject({ count: z.int().positive(), stride: index })),
  })
  .readonly();
export type SlotMap = z.infer<typeof SlotMap>;

/** One number for all slots, or the numbers of the first slots; the other slots are 0. */
const SlotData = z.union([z.number(), z.array(z.number())]);
export type SlotData = z.infer<typeof SlotData>;

/** The labels of a product's axes; see tensor/op.ts. */
const labels = z.array(index.max(15));
const shape = z.array(z.int().positive());

/** Operands, named by their indices in the list of the client or of the plan. */
const unary = <Id extends z.ZodType>(id: Id) => ({ args: z.tuple([id]) });
const binary = <Id extends z.ZodType>(id: Id) => ({ args: z.tuple([id, id]) });
const variadic = <Id extends z.ZodType>(id: Id) => ({ args: z.array(id).min(1) });

/** The operands of an arity. The type of a list does not say that it is not empty. */
type ArgsOf<A extends Arity> = A extends 'some' ? readonly number[] : Operands<A, number>;

/**
 * The tensor operations with their operands, without the inverse: clients compute only polynomials.
 */
const TENSOR_CLIENT_OPS = {
  add: TENSOR_OPS.add.extend(binary(index)),
  sub: TENSOR_OPS.sub.extend(binary(index)),
  neg: TENSOR_OPS.neg.extend(unary(index)),
  mul: TENSOR_OPS.mul.extend({
    lhs: labels,
    rhs: labels,
    rank: index.max(MOST_AXES),
    ...binary(index),
  }),
  pow: TENSOR_OPS.pow.extend({ exponent: z.literal(2), ...unary(index) }),
  sum: TENSOR_OPS.sum.extend(unary(index)),
  broadcast: TENSOR_OPS.broadcast.extend(unary(index)),
  permute: TENSOR_OPS.permute.extend(unary(index)),
  slice: TENSOR_OPS.slice.extend(unary(index)),
  reindex: TENSOR_OPS.reindex.extend(unary(index)),
  rotate: TENSOR_OPS.rotate.extend(unary(index)),
  cumsum: TENSOR_OPS.cumsum.extend(unary(index)),
  concat: TENSOR_OPS.concat.extend(variadic(index)),
  stack: TENSOR_OPS.stack.extend(variadic(index)),
} as const satisfies {
  readonly [K in Exclude<TensorOp['kind'], 'inverse'>]: z.ZodType<
    OpOf<K> & { args: ArgsOf<(typeof TENSOR_ARITIES)[K]> }
  >;
};

/**
 * An operation that the client computes on its inputs before it encrypts anything, or the server on
 * plain inputs before it evaluates anything. It is on whole tensors (see tensor/op.ts), and its
 * value is named by its index in the list. No value of the client has a degree above 2 in the
 * inputs.
 */
const ClientOp = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('input'), input: z.string() }),
  /** Row-major data, or one number for all elements. */
  z.strictObject({
    kind: z.literal('const'),
    shape,
    data: z.union([z.number(), z.array(z.number())]),
  }),
  ...Object.values(TENSOR_CLIENT_OPS),
]);
export type ClientOp = z.infer<typeof ClientOp>;

/**
 * Values that a party computes from its inputs and reads like inputs, under names that no input
 * has.
 */
const Precomputed = z.strictObject({
  ops: z.array(ClientOp),
  values: z.array(z.strictObject({ name: z.string(), value: index })),
});
export type Precomputed = z.infer<typeof Precomputed>;

const LEVEL = index;

/**
 * An operation that the server computes on constants and plain inputs: in float64, or modulo t,
 * where numbers denote their residues.
 */
const ClearOp = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('const'), data: SlotData }),
  z.strictObject({
    op: z.literal('plainInput'),
    /** Name of an input or of a value that the server has computed. */
    input: z.string(),
    map: SlotMap,
  }),
  z.strictObject({ op: z.literal('clearAdd'), ...binary(VALUE) }),
  z.strictObject({ op: z.literal('clearSub'), ...binary(VALUE) }),
  z.strictObject({ op: z.literal('clearMul'), ...binary(VALUE) }),
  z.strictObject({ op: z.literal('clearNegate'), ...unary(VALUE) }),
  /**
   * 1/x in the slots that `map` fills, 0 elsewhere. An x without an inverse is an error in the
   * data. So is an x below `least` in magnitude: ranges and error bounds depend on it.
   */
  z.strictObject({
    op: z.literal('clearInverse'),
    ...unary(VALUE),
    map: SlotMap,
    least: z.number().positive().optional(),
  }),
  z.strictObject({ op: z.literal('clearRotate'), ...unary(VALUE), steps: z.int() }),
]);

/**
 * Operations on ciphertexts of all schemes. `level` is the level of the result: the number of
 * rescalings or modulus switches that are still possible. Encrypted operands of additions and
 * multiplications have the same level.
 */
const SHARED_OPS = [
  /** The client multiplies by `factor`, encodes at the level's scale, and encrypts. */
  z.strictObject({
    op: z.literal('upload'),
    /** Name of an input or of a value that the client has computed. */
    input: z.string(),
    map: SlotMap,
    factor: SlotData.optional(),
    level: LEVEL,
  }),
  z.strictObject({ op: z.literal('add'), ...binary(VALUE), level: LEVEL }),
  z.strictObject({ op: z.literal('sub'), ...binary(VALUE), level: LEVEL }),
  z.strictObject({ op: z.literal('negate'), ...unary(VALUE), level: LEVEL }),
  /** The second operand is a clear value, encoded at the first one's scale. */
  z.strictObject({ op: z.literal('addPlain'), ...binary(VALUE), level: LEVEL }),
  z.strictObject({ op: z.literal('subPlain'), ...binary(VALUE), level: LEVEL }),
  /** A product of two ciphertexts; it has three polynomials until it is relinearized. */
  z.strictObject({ op: z.literal('mul'), ...binary(VALUE), level: LEVEL }),
  z.strictObject({ op: z.literal('relinearize'), ...unary(VALUE), level: LEVEL }),
  /** Slot i of the result is slot (i + steps) mod slots of the operand; 0 < steps < slots. */
  z.strictObject({
    op: z.literal('rotate'),
    ...unary(VALUE),
    steps: z.int().positive(),
    level: LEVEL,
  }),
] as const;

const CkksCipherOp = z.discriminatedUnion('op', [
  ...SHARED_OPS,
  /**
   * The second operand is a clear value. At scale `level` it is encoded so that the result has the
   * scale of a product of two ciphertexts of this level, and must be rescaled. The first operand
   * may be at a higher level, from which it is switched down. At scale `one`, for a uniform
   * integer, the product is exact and needs no rescaling.
   */
  z.strictObject({
    op: z.literal('mulPlain'),
    ...binary(VALUE),
    scale: z.enum(['level', 'one']),
    level: LEVEL,
  }),
  /** Divides by the operand's last prime; the result has exactly the scale of `level`. */
  z.strictObject({ op: z.literal('rescale'), ...unary(VALUE), level: LEVEL }),
  /**
   * A modulus switch from this level or a higher one and a multiplication by 1. The result has the
   * scale of a product at `level`: it can be added to products and rescaled with them.
   */
  z.strictObject({ op: z.literal('adjust'), ...unary(VALUE), level: LEVEL }),
  /**
   * Lowers a value by any number of levels to `level` and exactly to its scale: an adjustment and a
   * rescaling.
   */
  z.strictObject({ op: z.literal('lower'), ...unary(VALUE), level: LEVEL }),
]);

const IntegerCipherOp = z.discriminatedUnion('op', [
  ...SHARED_OPS,
  /** The second operand is a clear value; integers have only scale `one`. */
  z.strictObject({
    op: z.literal('mulPlain'),
    ...binary(VALUE),
    scale: z.literal('one'),
    level: LEVEL,
  }),
  /** The same value at a lower level; its noise is divided by the dropped primes. */
  z.strictObject({ op: z.literal('modSwitch'), ...unary(VALUE), level: LEVEL }),
  /**
   * Slot i of the result is slot 0 of operand i, which may be encrypted or clear; the other slots
   * are 0. Only for the encoding `coefficients`.
   */
  z.strictObject({ op: z.literal('gather'), ...variadic(VALUE), level: LEVEL }),
]);

const CkksOp = z.union([ClearOp, CkksCipherOp]);
const IntegerOp = z.union([ClearOp, IntegerCipherOp]);

export type ClearOp = z.infer<typeof ClearOp>;
export type CkksCipherOp = z.infer<typeof CkksCipherOp>;
export type IntegerCipherOp = z.infer<typeof IntegerCipherOp>;
export type CipherOp = CkksCipherOp | IntegerCipherOp;
export type CkksOp = z.infer<typeof CkksOp>;
export type IntegerOp = z.infer<typeof IntegerOp>;
/** An operation of a plan; its index in the list names its value. */
export type PlanOp = CkksOp | IntegerOp;

/** The parameters of CKKS; `schemes/ckks` chooses them. */
export const CkksParams = z.strictObject({
  /** N; a ciphertext has N/2 slots. */
  polyModulusDegree: z.int().positive(),
  /**
   * Bits of every prime: the base first, then one for each level from 1 up, the special prime last.
   */
  coeffModulusBits: z.array(z.int().positive()),
  /** The primes themselves, decimal, in the same order. */
  coeffModulus: z.array(z.string().regex(DECIMAL)),
  /** How many of the primes are the base that is left at level 0. */
  basePrimes: z.int().positive(),
  scaleBits: z.int().positive(),
  /** Exact scale of level 0, 1, …: scales[l]² / prime(l) = scales[l-1]. */
  scales: z.array(z.number().positive()),
  /** Bits of classical security of the modulus; see `schemes/security.ts`. */
  securityBits: z.union([z.literal(128), z.literal(192), z.literal(256)]),
});
export type CkksParams = z.infer<typeof CkksParams>;

/** The parameters of BFV and BGV; `schemes/integers` chooses them. */
export const IntegerParams = z.strictObject({
  /** N; a ciphertext has N slots. */
  polyModulusDegree: z.int().positive(),
  /**
   * Bits of every prime: the base first, then one for each level from 1 up, the special prime last.
   */
  coeffModulusBits: z.array(z.int().positive()),
  /** The primes themselves, decimal, in the same order. */
  coeffModulus: z.array(z.string().regex(DECIMAL)),
  /** How many of the primes are the base that is left at level 0. */
  basePrimes: z.int().positive(),
  /** The plaintext modulus t: all values are integers modulo t. */
  plainModulus: z.int().min(2),
  securityBits: z.union([z.literal(128), z.literal(192), z.literal(256)]),
});
export type IntegerParams = z.infer<typeof IntegerParams>;

const PlanInput = z.strictObject({
  name: z.string(),
  secrecy: z.enum(['cipher', 'plain']),
  shape: z.array(z.int().positive()),
  /** Values outside are refused, because parameters and error bounds depend on the range. */
  range: z.tuple([z.number(), z.number()]),
  /**
   * A likely value, row-major, if likely values fill only a small part of the range: error samples
   * are near it.
   */
  typical: z.array(z.number()).optional(),
});
export type PlanInput = z.infer<typeof PlanInput>;

/**
 * An output, or the part of one that lies in one value. Parts have the output's name, shape and
 * factor; each of its elements is in the map of exactly one part.
 */
const PlanOutput = z.strictObject({
  name: z.string(),
  /** Shape of the whole output. */
  shape: z.array(z.int().positive()),
  /** The cipher or clear value that contains the output or this part of it. */
  value: VALUE,
  /**
   * A map as for packing, used in reverse: `sizes` is the part's box; `from` and `fromStrides` give
   * the indices of its elements in the whole output's row-major data.
   */
  map: SlotMap,
  /** The number that the client multiplies the decrypted output by; 1 unless given. */
  factor: z.number().optional(),
  /**
   * Predicted bound on |encrypted - clear| of its elements for inputs within their ranges; 0 for
   * integers.
   */
  errorBound: z.number().nonnegative(),
});
export type PlanOutput = z.infer<typeof PlanOutput>;

/**
 * A value whose slots lie in a range by the promise of the program's author: ranges and error
 * bounds rest on it. No evaluation checks it.
 */
const PlanPromise = z.strictObject({
  value: VALUE,
  range: z.tuple([z.number(), z.number()]),
  /** Whether slots beside the data are 0, whatever the range. */
  hasZeros: z.boolean(),
});
export type PlanPromise = z.infer<typeof PlanPromise>;

const head = {
  format: z.literal('shoal-plan'),
  version: z.literal(1),
  circuit: z.string(),
  /** The files that the circuit loads and includes, and the SHA-256 of each, hexadecimal. */
  files: z
    .array(
      z.strictObject({ path: z.string().max(1024), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    )
    .optional(),
};
const body = {
  slots: z.int().positive(),
  batchable: z.boolean(),
  inputs: z.array(PlanInput),
  /** What the client uploads. All cipher inputs then belong to one client. */
  precomputed: Precomputed.optional(),
  /** What the server computes from plain inputs, for `plainInput`. */
  prepared: Precomputed.optional(),
  promises: z.array(PlanPromise).optional(),
};

/** A plan for real numbers. */
export const CkksPlan = z.strictObject({
  ...head,
  scheme: z.literal('ckks'),
  precisionBits: z.int().positive(),
  ...body,
  ops: z.array(CkksOp),
  params: CkksParams,
  outputs: z.array(PlanOutput),
});
export type CkksPlan = z.infer<typeof CkksPlan>;

/** A plan for integers modulo t. */
export const IntegerPlan = z.strictObject({
  ...head,
  scheme: z.enum(['bfv', 'bgv']),
  /**
   * `slots`: operations work on all slots at once, which requires a prime t ≡ 1 modulo 2N.
   * `coefficients`: slot i is coefficient i of a polynomial. A value uses only slot 0, except the
   * results of `gather`.
   */
  encoding: z.enum(['slots', 'coefficients']),
  ...body,
  ops: z.array(IntegerOp),
  params: IntegerParams,
  outputs: z.array(
    PlanOutput.extend({
      /** Lower bound of the noise budget that is left, in bits; null for a clear value. */
      noiseBudget: z.int().nonnegative().nullable(),
    }),
  ),
});
export type IntegerPlan = z.infer<typeof IntegerPlan>;

/** A plan, as in files; `plan-files/validate-plan.ts` checks what a schema cannot. */
export const Plan = z.discriminatedUnion('scheme', [CkksPlan, IntegerPlan]);
export type Plan = z.infer<typeof Plan>;

type Sketched<P extends Plan> = Omit<P, 'params' | 'outputs' | 'precisionBits'> & {
  readonly outputs: readonly Omit<PlanOutput, 'errorBound'>[];
};

/** A CKKS plan without parameters. */
export type CkksSketch = Sketched<CkksPlan>;

/**
 * A plan for integers without parameters and without modulus switches, which depend on them. All
 * values are at level 0.
 */
export type IntegerSketch = Sketched<IntegerPlan> & { readonly plainModulus: number };

/** A plan without parameters, which are chosen later. */
export type PlanSketch = CkksSketch | IntegerSketch;
