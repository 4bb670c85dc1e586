import { defined } from '../../lookup.ts';
import type { CkksParams } from '../../plan/plan.ts';

/**
 * Sizes of the errors that single CKKS operations add, as implemented in SEAL 4.1.
 *
 * All amplitudes are in units of the encoded polynomial, seen in a slot: divided by a ciphertext's
 * scale they are absolute errors of slots. The canonical embedding evaluates an error polynomial at
 * a root of unity. With N independent coefficients of variance v the result is a complex number
 * whose real part (the only part that is read) has variance N·v/2 and is nearly Gaussian.
 * Multiplied by the secret, whose own value at that root is Gaussian of variance 2N/3, it is
 * Laplacian, with heavier tails. See "Homomorphic Encryption for Arithmetic of Approximate Numbers"
 * (Cheon et al.) and "On the precision loss in approximate homomorphic encryption" (Costache et
 * al.).
 *
 * A bound is a multiple of the root mean square so large that in practice no slot exceeds it.
 */

/** Multiples of the root mean square that bounds use, by the shape of an error's distribution. */
export interface Tails {
  readonly gaussian: number;
  readonly laplacian: number;
  /** An error times the square of the secret: a stretched exponential. */
  readonly heavy: number;
}

/** The multiples that a slot exceeds with probability 3e-12, 3e-14 and 2e-10. */
export const BOUND_TAILS: Tails = { gaussian: 7, laplacian: 22, heavy: 60 };

/** Multiples that give the root mean square itself. */
export const RMS_TAILS: Tails = { gaussian: 1, laplacian: 1, heavy: 1 };

/** Standard deviation of the errors in keys and encryptions. */
const SIGMA = 3.24;

/** Relative error of the float64 transforms that encode and decode; measured below 2^-50. */
export const FLOAT_ERROR = 2 ** -47;

/** The parameters that noise depends on. */
export interface NoiseParams {
  /** N. */
  readonly degree: number;
  /** The scale of each level. */
  readonly scales: readonly number[];
  /** log2 of the primes of the base and of levels 1, 2, …, in the order of `coeffModulusBits`. */
  readonly primeBits: readonly number[];
  readonly specialBits: number;
  readonly basePrimes: number;
}

/** Returns what noise depends on, for a plan's parameters. */
export function noiseParamsOf(params: CkksParams): NoiseParams {
  return {
    degree: params.polyModulusDegree,
    scales: params.scales,
    primeBits: params.coeffModulusBits.slice(0, -1),
    specialBits: defined(params.coeffModulusBits.at(-1)),
    basePrimes: params.basePrimes,
  };
}

/** The error that an operation adds to a slot, times the scale: a bound or a root mean square. */
export interface NoiseAmplitudes {
  /** Encryption with the public key of a plaintext at a level. */
  readonly encryption: (level: number) => number;
  /** Division by a prime, for a ciphertext of `size` polynomials, two or three. */
  readonly rescaling: (size: number) => number;
  /** Relinearization or rotation at a level. */
  readonly keySwitching: (level: number) => number;
  /**
   * Rounding of a plaintext's coefficients. The plaintext repeats after `period` slots; 0 stands
   * for one number in all slots.
   */
  readonly encoding: (period: number) => number;
}

/**
 * Returns the amplitudes of the noise under some parameters: `tails` times their root mean square.
 */
export function noiseAmplitudes(params: NoiseParams, tails: Tails = BOUND_TAILS): NoiseAmplitudes {
  const { gaussian, laplacian, heavy } = tails;
  const n = params.degree;
  const secret = (2 * n) / 3;
  // Rounding errors are uniform in ±1/2: each coefficient has variance 1/12.
  const rounded = Math.sqrt((n / 24) * (1 + secret)) * laplacian;
  const rounded3 = rounded + Math.sqrt((n / 24) * 2 * secret * secret) * heavy;
  const keySwitching = keySwitchingErrors(params, tails).map((error) => rounded + error);
  const keyLevelBits = (level: number): number =>
    params.primeBits[params.basePrimes + level] ?? params.specialBits;
  return {
    // SEAL encrypts zero with one more prime and divides by that prime, so that mostly rounding
    // remains.
    encryption: (level) =>
      rounded +
      (laplacian * SIGMA * Math.sqrt((n / 2) * (1 + 2 * secret))) / 2 ** keyLevelBits(level),
    rescaling: (size) => (size === 2 ? rounded : rounded3),
    keySwitching: (level) => defined(keySwitching[level]),
    encoding: (period) => {
      if (period === 0) return 0.5;
      // A period is at most a ciphertext. Only 2·period coefficients are not zero, and each is at
      // most 1/2 off.
      const repeated = Math.min(period, n / 2);
      return Math.min(repeated, gaussian * Math.sqrt(repeated / 12));
    },
  };
}

/**
 * Returns the largest factor between the errors under two sets of parameters, for a plan that has
 * the same levels under both. All errors are nearly proportional to noise divided by scale.
 *
 * @param reference the parameters to compare with
 * @param switched levels at which keys are switched at the nominal scale; at the scale of a product
 *   key switching adds almost nothing
 */
export function noiseRatio(
  params: NoiseParams,
  reference: NoiseParams,
  switched: ReadonlySet<number>,
): number {
  const noise = noiseAmplitudes(params);
  const base = noiseAmplitudes(reference);
  let ratio = 0;
  params.scales.forEach((scale, level) => {
    const other = reference.scales[level];
    // The plan has no such level.
    if (other === undefined) return;
    const finer = other / scale;
    const compare = (source: (noise: NoiseAmplitudes) => number): void => {
      ratio = Math.max(ratio, (source(noise) / source(base)) * finer);
    };
    compare((n) => n.encryption(level));
    compare((n) => n.rescaling(3));
    if (switched.has(level)) compare((n) => n.keySwitching(level));
  });
  return ratio;
}

/**
 * Returns the errors of key switching at level 0, 1, … before rounding: Σ dⱼ·eⱼ / p over the digits
 * dⱼ, which are residues modulo the primes qⱼ in [0, qⱼ). The digits are not centred. Their mean
 * qⱼ/2 in all coefficients is a polynomial that near the root 1, in the first slots, is up to 2N/π
 * times qⱼ/2: √N times the usual size. This is why the largest prime should be some bits below p.
 */
function keySwitchingErrors(params: NoiseParams, tails: Tails): readonly number[] {
  const n = params.degree;
  const keyError = SIGMA * Math.sqrt(n / 2);
  const mean = (n / Math.PI) * keyError * tails.gaussian;
  const random = Math.sqrt(n / 12) * keyError * tails.laplacian;
  const square = (prime: number) => 4 ** (defined(params.primeBits[prime]) - params.specialBits);
  let squares = 0;
  for (let prime = 0; prime < params.basePrimes - 1; prime++) squares += square(prime);
  return params.scales.map((_, level) => {
    squares += square(params.basePrimes - 1 + level);
    return Math.sqrt(squares) * (mean + random);
  });
}
