/**
 * How large the noise of ciphertexts is that SEAL 4.1 computes by BFV (in the variant of "A Full RNS Variant of
 * FV Like Somewhat Homomorphic Encryption Schemes", Bajard, Eynard, Hasan and Zucca) and by BGV.
 *
 * With c(s) = Σ cᵢ·sⁱ modulo q, the noise of a BFV ciphertext is e in c(s) = (q/t)·m + e, and decryption is right
 * while |e| < q/2t; that of a BGV ciphertext is c(s) = m + t·e itself, while it is below q/2. Noise is measured in
 * the canonical embedding, where sums add and products multiply: an independent polynomial whose coefficients
 * have variance v lies below 6·√(N·v) at all roots of unity. See "Which Ring Based Somewhat Homomorphic
 * Encryption Scheme is Best?" (Costache and Smart, 2016), "Optimisations of fully homomorphic encryption"
 * (Iliashenko, 2019) and "Evaluating the effectiveness of heuristic worst-case noise analysis in FHE" (Costache,
 * Laine and Player, 2019). All noises are log2 of such bounds: they would overflow float64.
 */

/** A modulus and a ring, before the primes themselves are known. */
export interface Chain {
  readonly scheme: 'bfv' | 'bgv';
  /** N. */
  readonly degree: number;
  /** t. */
  readonly plainModulus: number;
  /** log2 of the primes of the base and of levels 1, 2, … */
  readonly primeBits: readonly number[];
  /** How many of them are the base. */
  readonly basePrimes: number;
  /** log2 of the prime that only keys use. */
  readonly specialBits: number;
}

/** What operations make of noise; all of it log2. */
export interface Noise {
  /** Noise of an encryption, at the top level. */
  readonly fresh: number;
  add(a: number, b: number): number;
  addPlain(a: number): number;
  /** @param norm log2 of the largest value of the plaintext polynomial at a root of unity */
  mulPlain(a: number, norm: number): number;
  mul(a: number, b: number): number;
  /** Relinearization or rotation. */
  keySwitch(a: number, level: number): number;
  /** @param size polynomials of the ciphertext */
  modSwitch(a: number, from: number, to: number, size: number): number;
  /** Bits of noise budget that are left, as SEAL measures it: 0 or less where decryption may be wrong. */
  budget(a: number, level: number): number;
}

/** Standard deviations that a polynomial's value at a root of unity stays below: missed with probability 2^-52. */
const deviations = 6;
/** Variance of a uniform rounding error, of a ternary secret, and of the errors of encryption. */
const rounding = 1 / 12;
const secret = 2 / 3;
const error = 3.2 ** 2;

/** The noise of operations under some parameters. */
export function noiseOf(chain: Chain): Noise {
  const { scheme, degree: n, primeBits, basePrimes, specialBits } = chain;
  const t = Math.log2(chain.plainModulus);
  const isBfv = scheme === 'bfv';
  /** Errors of BGV are multiples of t. */
  const unit = isBfv ? 0 : t;
  const canonical = (variance: number) => Math.log2(deviations * Math.sqrt(n * variance));
  /** A rounding of 2 or 3 polynomials, times powers of the secret. */
  const rounded = (size: number) =>
    canonical(rounding * (1 + n * secret + (size === 3 ? 2 * (n * secret) ** 2 : 0)));
  const modulusAt = (level: number) => total(primeBits.slice(0, basePrimes + level));
  const encryption = canonical(error * (1 + 2 * n * secret)) - specialBits;
  /** A plaintext's coefficients lie anywhere in [0, t). */
  const message = canonical(1 / 3) + t;
  /** A value as it lies in [-q/2, q/2), in units of q/t: what the other factor's noise is multiplied by. */
  const wrapped = rounded(2) + t;
  return {
    fresh: sum(unit + sum(encryption, rounded(2)), isBfv ? canonical(rounding) : message),
    add: sum,
    addPlain: (a) => sum(a, isBfv ? canonical(rounding) : message),
    mulPlain: (a, norm) => a + norm,
    mul(a, b) {
      if (!isBfv) return a + b;
      // The base conversions of BEHZ are off by up to the number of primes.
      const conversions = rounded(3) + Math.log2(primeBits.length + 1);
      const cross = sum(a, b) + wrapped;
      return sum(sum(cross, a + b + t - modulusAt(0)), conversions);
    },
    keySwitch(a, level) {
      const digits = primeBits.slice(0, basePrimes + level);
      // Digits are uniform in [0, q), not centred.
      const largest = Math.max(...digits) - specialBits;
      const switched = canonical((digits.length * n * error) / 3) + largest;
      return sum(a, unit + sum(switched, rounded(2)));
    },
    modSwitch: (a, from, to, size) =>
      from === to ? a : sum(a - modulusAt(from) + modulusAt(to), unit + rounded(size)),
    budget(a, level) {
      // A coefficient is a mean of the values at n roots, whose phases are as good as independent.
      const coefficient = a + Math.min(0, Math.log2(deviations / Math.sqrt(n)));
      return modulusAt(level) - (isBfv ? t : 0) - coefficient - 1;
    },
  };
}

function total(bits: readonly number[]): number {
  return bits.reduce((all, b) => all + b, 0);
}

/** log2(2^a + 2^b). */
function sum(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === Number.NEGATIVE_INFINITY ? high : high + Math.log2(1 + 2 ** (low - high));
}

/**
 * log2 of the largest value, at a root of unity, of a plaintext polynomial of `count` coefficients of any size up
 * to t/2. Those of encoded vectors are as good as random.
 */
export function plainNorm(plainModulus: number, count: number): number {
  const random = deviations * Math.sqrt(count * rounding);
  return Math.log2(Math.max(1, plainModulus * Math.min(count / 2, random)));
}
