import { z } from 'zod';

/**
 * The plan: what a circuit becomes before anything is encrypted. A list of operations on slot vectors,
 * each value named by its place in the list, every level and scale fixed beforehand. Evaluators read
 * nothing else.
 *
 * All values are vectors of `slots` logical slots (a power of two). A ciphertext of N/2 real slots holds
 * the vector N/2/slots times over, so that rotations are cyclic in `slots`; a plan without rotations is
 * `batchable`: the repetitions may then belong to different instances of the inputs.
 */

const index = z.int().nonnegative();

/**
 * Where a tensor's elements go. Element (m₀, m₁, …) of the box `sizes` is read from the input's row-major
 * data at `from + Σ mₖ·fromStrides[k]` and lies in slot `Σ mₖ·strides[k]`, and again at every multiple of
 * `stride` below `count·stride` for each entry of `copies` (copies of copies included).
 */
export const SlotMap = z
  .strictObject({
    sizes: z.array(z.int().positive()),
    from: index,
    fromStrides: z.array(z.int()),
    strides: z.array(index),
    /** First slot, where it is not 0: all slots are counted from it. */
    at: index.optional(),
    copies: z.array(z.strictObject({ count: z.int().positive(), stride: index })),
  })
  .readonly();
export type SlotMap = z.infer<typeof SlotMap>;

/** One number for every slot, or the first slots' numbers with zeros behind them. */
const SlotData = z.union([z.number(), z.array(z.number())]);
export type SlotData = z.infer<typeof SlotData>;

const level = index;

/** What the evaluator computes in clear, on constants and plain inputs, in float64. */
const ClearOp = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('const'), data: SlotData }),
  z.strictObject({ op: z.literal('plainInput'), input: z.string(), map: SlotMap }),
  z.strictObject({ op: z.literal('clearAdd'), args: z.tuple([index, index]) }),
  z.strictObject({ op: z.literal('clearSub'), args: z.tuple([index, index]) }),
  z.strictObject({ op: z.literal('clearMul'), args: z.tuple([index, index]) }),
  z.strictObject({ op: z.literal('clearNegate'), args: z.tuple([index]) }),
  /**
   * 1/x in the slots that `map` fills, 0 elsewhere. A zero among them is an error in the data, and so is
   * an x below `least` in magnitude: ranges and errors rest on it.
   */
  z.strictObject({
    op: z.literal('clearInverse'),
    args: z.tuple([index]),
    map: SlotMap,
    least: z.number().positive().optional(),
  }),
  z.strictObject({ op: z.literal('clearRotate'), args: z.tuple([index]), steps: z.int() }),
]);

/**
 * Operations on ciphertexts. `level` is the level of the result: the number of rescalings still
 * possible. Operands of additions and multiplications have the same level.
 */
const CipherOp = z.discriminatedUnion('op', [
  /** Encoded by the client, times `factor`, at the level's scale, and encrypted. */
  z.strictObject({
    op: z.literal('upload'),
    input: z.string(),
    map: SlotMap,
    factor: SlotData.optional(),
    level,
  }),
  z.strictObject({ op: z.literal('add'), args: z.tuple([index, index]), level }),
  z.strictObject({ op: z.literal('sub'), args: z.tuple([index, index]), level }),
  z.strictObject({ op: z.literal('negate'), args: z.tuple([index]), level }),
  /** The second operand is a clear value, encoded at the first one's scale. */
  z.strictObject({ op: z.literal('addPlain'), args: z.tuple([index, index]), level }),
  z.strictObject({ op: z.literal('subPlain'), args: z.tuple([index, index]), level }),
  /**
   * The second operand is a clear value. At scale `level` it is encoded so that the result has the scale of
   * a product of two ciphertexts of this level, whose rescaling is due; the first operand may come from a
   * higher level, from which it is switched down. At scale `one`, for a uniform integer, the product is
   * exact and no rescaling is due.
   */
  z.strictObject({
    op: z.literal('mulPlain'),
    args: z.tuple([index, index]),
    scale: z.enum(['level', 'one']),
    level,
  }),
  /** Ciphertext times ciphertext; the result has three polynomials until it is relinearized. */
  z.strictObject({ op: z.literal('mul'), args: z.tuple([index, index]), level }),
  z.strictObject({ op: z.literal('relinearize'), args: z.tuple([index]), level }),
  /** Divides by the level's prime; the result has the scale of the level below, exactly. */
  z.strictObject({ op: z.literal('rescale'), args: z.tuple([index]), level }),
  /**
   * A modulus switch from this level or a higher one and a multiplication by 1 whose result has the scale of a
   * product at `level`: it can be added to products, and shares their rescaling.
   */
  z.strictObject({ op: z.literal('adjust'), args: z.tuple([index]), level }),
  /** Brings down any number of levels to `level`, landing on its scale exactly: an adjustment and a rescaling of its own. */
  z.strictObject({ op: z.literal('lower'), args: z.tuple([index]), level }),
  /** Slot i of the result is slot (i + steps) mod slots of the operand; 0 < steps < slots. */
  z.strictObject({
    op: z.literal('rotate'),
    args: z.tuple([index]),
    steps: z.int().positive(),
    level,
  }),
]);

/** Any operation of a plan; its place in the list names its value. */
export const PlanOp = z.union([ClearOp, CipherOp]);
export type PlanOp = z.infer<typeof PlanOp>;
export type CipherOp = z.infer<typeof CipherOp>;
export type ClearOp = z.infer<typeof ClearOp>;

/** CKKS parameters; see `schemes/ckks` for how they are chosen. */
export const CkksParams = z.strictObject({
  /** N; a ciphertext has N/2 slots. */
  polyModulusDegree: z.int().positive(),
  /** Bits of every prime: the base first, then one for each level from 1 up, the special prime last. */
  coeffModulusBits: z.array(z.int().positive()),
  /** The primes themselves, decimal, in the same order. */
  coeffModulus: z.array(z.string().regex(/^[0-9]+$/)),
  /** How many of the primes are the base that is left at level 0. */
  basePrimes: z.int().positive(),
  scaleBits: z.int().positive(),
  /** Exact scale of level 0, 1, …: scales[l]² / prime(l) = scales[l-1]. */
  scales: z.array(z.number().positive()),
  /** Bits of classical security that the modulus leaves; see `schemes/security.ts`. */
  securityBits: z.union([z.literal(128), z.literal(192), z.literal(256)]),
});
export type CkksParams = z.infer<typeof CkksParams>;

const PlanInput = z.strictObject({
  name: z.string(),
  secrecy: z.enum(['cipher', 'plain']),
  shape: z.array(z.int().positive()),
  /** Values outside are refused: parameters and the error estimate rest on them. */
  range: z.tuple([z.number(), z.number()]),
});
export type PlanInput = z.infer<typeof PlanInput>;

const PlanOutput = z.strictObject({
  name: z.string(),
  shape: z.array(z.int().positive()),
  /** Cipher or clear value that holds the output. */
  value: index,
  /** Read back with the same map that packs: `from` strides are the output's own row-major ones. */
  map: SlotMap,
  /** What the client multiplies the decrypted output by; 1 where it is not given. */
  factor: z.number().optional(),
  /** Predicted bound on |encrypted - clear| for inputs within their ranges. */
  errorBound: z.number().nonnegative(),
});
export type PlanOutput = z.infer<typeof PlanOutput>;

/** A whole plan, as files hold it; `validate.ts` checks what a schema cannot. */
export const Plan = z.strictObject({
  format: z.literal('shoal-plan'),
  version: z.literal(1),
  circuit: z.string(),
  scheme: z.literal('ckks'),
  precisionBits: z.int().positive(),
  slots: z.int().positive(),
  batchable: z.boolean(),
  params: CkksParams,
  inputs: z.array(PlanInput),
  ops: z.array(PlanOp),
  outputs: z.array(PlanOutput),
});
export type Plan = z.infer<typeof Plan>;

/** A plan whose parameters are still to be chosen. */
export type PlanSketch = Omit<Plan, 'params' | 'outputs' | 'precisionBits'> & {
  readonly outputs: readonly Omit<PlanOutput, 'errorBound'>[];
};
